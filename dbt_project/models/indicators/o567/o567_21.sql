{{ score_indicator('o567-21') }}
