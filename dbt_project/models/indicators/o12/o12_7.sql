{{ score_indicator('o12-7', 'SYSTEM') }}
