{{ score_indicator('o4-3', 'CRMF_ELEMENT', distributions=true) }}
