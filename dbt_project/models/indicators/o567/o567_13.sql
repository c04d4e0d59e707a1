{{ score_indicator('o567-13', distributions=true) }}
