{{ score_indicator('o567-14') }}
