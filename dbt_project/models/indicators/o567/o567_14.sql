{{ score_indicator('o567-14', distributions=true) }}
