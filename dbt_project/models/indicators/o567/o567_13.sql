{{ score_indicator('o567-13') }}
