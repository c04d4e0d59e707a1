{{ score_indicator('o567-15') }}
