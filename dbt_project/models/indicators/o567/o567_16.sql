{{ score_indicator('o567-16') }}
