{{ score_indicator('o567-9') }}
