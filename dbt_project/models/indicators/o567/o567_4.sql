{{ number_indicator('o567-4') }}
