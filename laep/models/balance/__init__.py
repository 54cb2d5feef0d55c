"""Half-hourly balance: dispatch, storage, shifting and segments."""
