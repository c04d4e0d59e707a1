{{ score_indicator('o4-8') }}
