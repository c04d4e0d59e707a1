{{ score_indicator('o567-17') }}
