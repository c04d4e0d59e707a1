{{ number_indicator('o567-5') }}
