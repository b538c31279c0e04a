drop index transactions_received;
