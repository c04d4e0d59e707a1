{{ score_indicator('o567-19') }}
