{{ score_indicator('o567-18', distributions=true) }}
