{{ score_indicator('o567-18') }}
