-- list_cards --
-- The customer's cards, each in the state that it is in today, and with what was ordered in its place.
select c.id, c.kind, c.nickname, c.network, c.last4,
       case when c.status in ('active', 'frozen', 'pending_activation') and c.expires_on < %(today)s then 'expired'
            else c.status end as status,
       c.expires_on, c.created_at, a.name as account, c.account_id, a.currency, c.contactless_enabled, c.online_enabled,
       c.cash_enabled, c.abroad_enabled,
       (select n.last4 from cards n where n.replaces_id = c.id and n.customer_id = %(customer_id)s) as replaced_by
  from cards c join accounts a on a.id = c.account_id
 where c.customer_id = %(customer_id)s
 order by c.created_at, c.last4

-- set_card_status --
-- Moves one card of the customer out of a named state.
update cards set status = %(to_status)s
 where id = %(card_id)s and customer_id = %(customer_id)s and status = %(from_status)s

-- block_card --
-- For good. One that was replaced in time is left as it is.
update cards set status = 'blocked', blocked_as = %(reason)s
 where id = %(card_id)s and customer_id = %(customer_id)s and status in ('active', 'frozen', 'pending_activation')

-- find_late_activation --
-- The card's delivery, if it was sent longer ago than the published time to activate it.
select d.id
  from card_deliveries d join terms_at(%(now)s) t on t.code = 'card.activation.days'
 where d.card_id = %(card_id)s and d.customer_id = %(customer_id)s and d.item = 'card'
   and d.dispatch_on + t.quantity < %(today)s

-- close_replaced_cards --
-- Those that a card was ordered for, one behind the other; what is blocked stays blocked.
with recursive replaced as (
    select c.replaces_id as id from cards c where c.id = %(card_id)s and c.customer_id = %(customer_id)s
    union
    select c.replaces_id from cards c join replaced r on c.id = r.id where c.customer_id = %(customer_id)s
)
update cards set status = 'closed'
 where id in (select id from replaced) and customer_id = %(customer_id)s
   and status in ('active', 'frozen', 'expired', 'pending_activation')

-- find_expiring_card --
-- The card, if its next one is due: it has expired, or will within the published time.
select c.id
  from cards c join terms_at(%(now)s) t on t.code = 'card.expiry.renewal_days'
 where c.id = %(card_id)s and c.customer_id = %(customer_id)s
   and (c.status = 'expired' or c.expires_on <= %(today)s::date + t.quantity)

-- find_pin_terms --
-- How long a PIN letter takes under the bank's terms, and by when one for this card is due.
select p.address_line is not null and p.city is not null as has_address, days.quantity as days,
       dispatch.quantity as dispatch_days,
       (select max(d.expected_on) from card_deliveries d
         where d.card_id = %(card_id)s and d.customer_id = %(customer_id)s and d.item = 'pin'
           and d.expected_on >= %(today)s) as on_its_way
  from customers p
  join terms_at(%(now)s) days on days.code = 'card.pin.post_days'
  join terms_at(%(now)s) dispatch on dispatch.code = 'card.delivery.dispatch_days'
 where p.id = %(customer_id)s

-- find_replacement_terms --
-- What a new card costs and takes under the bank's terms, where it goes, and from which account a fee would be paid:
-- that of the card, or the first current account, if its currency is that of the fee.
select p.address_line is not null and p.city is not null as has_address, p.country = 'GB' as is_domestic,
       days.quantity as days, dispatch.quantity as dispatch_days, coalesce(fee.amount_minor, 0) as fee_minor,
       coalesce(fee.currency, 'GBP') as fee_currency, payer.id as fee_account_id, payer.name as fee_account,
       payer.available_minor
  from customers p
  join terms_at(%(now)s) days on days.code = case when p.country <> 'GB' then 'card.delivery.abroad_days'
      when %(is_express)s then 'card.delivery.express_days' else 'card.delivery.standard_days' end
  join terms_at(%(now)s) dispatch on dispatch.code = 'card.delivery.dispatch_days'
  left join terms_at(%(now)s) fee on fee.code = case when p.country <> 'GB' then 'card.delivery.abroad_fee'
      when %(is_express)s then 'card.delivery.express_fee' end
  left join lateral (
      select a.id, a.name, a.balance_minor - a.held_minor + a.overdraft_minor as available_minor
        from accounts a
       where a.customer_id = %(customer_id)s and a.currency = fee.currency and a.status = 'open'
         and (a.id = %(account_id)s or a.kind = 'current')
       order by a.id = %(account_id)s desc, a.opened_at, a.name
       limit 1) payer on true
 where p.id = %(customer_id)s

-- lock_card --
-- A card that is not closed; nobody else replaces or moves it until the transaction ends.
select c.id from cards c
 where c.id = %(card_id)s and c.customer_id = %(customer_id)s and c.status <> 'closed'
   for update

-- find_replacement --
-- The card that was ordered for another.
select c.id from cards c where c.replaces_id = %(card_id)s and c.customer_id = %(customer_id)s

-- insert_replacement --
-- A card of the same kind on the same account, with four last digits that no card of the customer has.
insert into cards (customer_id, account_id, kind, nickname, network, last4, status, expires_on, replaces_id, created_at,
                   contactless_enabled, online_enabled, cash_enabled, abroad_enabled)
select c.customer_id, c.account_id, c.kind, c.nickname, c.network,
       (select lpad(n::text, 4, '0') from generate_series(0, 9999) n
         where lpad(n::text, 4, '0') not in (select o.last4 from cards o where o.customer_id = %(customer_id)s)
         order by random() limit 1),
       'pending_activation', %(expires_on)s, c.id, %(now)s,
       c.contactless_enabled, c.online_enabled, c.cash_enabled, c.abroad_enabled
  from cards c
 where c.id = %(card_id)s and c.customer_id = %(customer_id)s
returning id

-- copy_card_limits --
-- A replacement keeps the limits that the customer set.
insert into card_limits (card_id, kind, customer_id, amount_minor, set_at)
select %(new_card_id)s, kind, customer_id, amount_minor, %(now)s from card_limits
 where card_id = %(card_id)s and customer_id = %(customer_id)s

-- insert_card_delivery --
-- What is posted for a card, to the address that its customer has now.
insert into card_deliveries (customer_id, card_id, item, method, address, ordered_at, dispatch_on, expected_on)
select c.customer_id, c.id, %(item)s, %(method)s,
       p.address_line || ', ' || p.city || coalesce(' ' || p.postcode, ''), %(now)s, %(dispatch_on)s, %(expected_on)s
  from cards c join customers p on p.id = c.customer_id
 where c.id = %(card_id)s and c.customer_id = %(customer_id)s and c.status not in ('blocked', 'closed', 'expired')

-- list_card_deliveries --
-- The latest delivery of each of the customer's cards, or of one and the card in its place, the latest first.
select d.item, d.method, d.address, d.ordered_at, d.dispatch_on, d.expected_on, c.kind, c.nickname, c.last4, c.status
  from cards c
  join lateral (
      select * from card_deliveries o
       where o.card_id = c.id and o.customer_id = %(customer_id)s
       order by o.ordered_at desc, o.id desc limit 1) d on true
 where c.customer_id = %(customer_id)s
   and (%(card_id)s::uuid is null or c.id = %(card_id)s or c.replaces_id = %(card_id)s)
 order by d.ordered_at desc, c.last4
 limit 10

-- charge_fee --
-- The fee that the customer confirmed with the operation; the code of a refusal, or null.
select charge_fee(%(now)s) as refusal

-- lock_cards --
-- The customer's virtual cards that are open. Two orders at once take turns.
select c.id from cards c
 where c.customer_id = %(customer_id)s and c.kind = 'virtual' and c.status not in ('blocked', 'closed', 'expired')
 order by c.id
   for update

-- insert_virtual_card --
-- A card without plastic, unless its account was closed meanwhile or there are too many.
insert into cards (customer_id, account_id, kind, nickname, network, last4, status, expires_on, created_at)
select a.customer_id, a.id, 'virtual', %(nickname)s, 'visa',
       (select lpad(n::text, 4, '0') from generate_series(0, 9999) n
         where lpad(n::text, 4, '0') not in (select o.last4 from cards o where o.customer_id = %(customer_id)s)
         order by random() limit 1),
       'active', %(expires_on)s, %(now)s
  from accounts a
 where a.id = %(account_id)s and a.customer_id = %(customer_id)s and a.status = 'open'

-- count_virtual_cards --
-- Open ones, and how many the bank's terms allow.
select (select count(*) from cards c
         where c.customer_id = %(customer_id)s and c.kind = 'virtual' and c.status not in ('blocked', 'closed', 'expired')
           and c.expires_on >= %(today)s) as number,
       t.quantity as most
  from terms_at(%(now)s) t where t.code = 'card.virtual.max'

-- list_card_allowances --
-- The limits of one of the customer's cards and what was used of them.
select l.kind, l.period, l.currency, l.own_minor, l.maximum_minor, l.used_minor, l.together_minor
  from cards c cross join lateral card_allowances(c.id, %(now)s) l
 where c.id = %(card_id)s and c.customer_id = %(customer_id)s
 order by l.kind desc

-- insert_card_limit --
-- The customer's first limit of this kind for a card; no row where there is one.
insert into card_limits (card_id, kind, customer_id, amount_minor, set_at)
select c.id, %(kind)s, c.customer_id, %(amount_minor)s, %(now)s
  from cards c where c.id = %(card_id)s and c.customer_id = %(customer_id)s
on conflict (card_id, kind) do nothing

-- change_card_limit --
-- From what the customer was shown.
update card_limits set amount_minor = %(amount_minor)s, set_at = %(now)s
 where card_id = %(card_id)s and kind = %(kind)s and customer_id = %(customer_id)s and amount_minor = %(from_minor)s

-- set_card_switch --
-- One of the four.
update cards
   set contactless_enabled = case when %(switch)s = 'contactless' then %(on)s else contactless_enabled end,
       online_enabled = case when %(switch)s = 'online' then %(on)s else online_enabled end,
       cash_enabled = case when %(switch)s = 'cash_machines' then %(on)s else cash_enabled end,
       abroad_enabled = case when %(switch)s = 'abroad' then %(on)s else abroad_enabled end
 where id = %(card_id)s and customer_id = %(customer_id)s and status in ('active', 'frozen', 'pending_activation')
