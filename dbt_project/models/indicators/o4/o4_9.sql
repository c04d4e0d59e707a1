{{ score_indicator('o4-9') }}
