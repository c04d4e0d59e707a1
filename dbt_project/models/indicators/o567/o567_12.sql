{{ score_indicator('o567-12') }}
