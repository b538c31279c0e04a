-- Who paid a customer is read in each of their turns, so that their names are known (own_details.sql). It is a small
-- part of what an account has: without this the turn reads all of it.
create index transactions_received on transactions (customer_id) where kind = 'transfer_in';
