{{ score_indicator('o567-11') }}
