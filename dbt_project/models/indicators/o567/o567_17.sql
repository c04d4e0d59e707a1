{{ score_indicator('o567-17', distributions=true) }}
