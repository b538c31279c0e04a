-- list_allowed --
-- By the functions that are asked again when an operation is executed.
select operation, refusal, currency, per_payment_minor, left_today_minor, left_month_minor, asks_code, code_over_minor, fees,
       disclosures, policy_version
  from what_may_i_do(%(customer_id)s, %(channel)s, %(operation)s, %(minor)s, %(now)s)

-- convert_to_policy --
-- An amount as limits count it; null where there is no rate.
select p.currency::text as currency,
       case when p.currency = %(currency)s then %(minor)s::bigint
            else exchanged(%(minor)s, %(currency)s, p.currency, rate_at(%(currency)s, p.currency, %(now)s)) end as minor
  from payment_policies p where p.version = policy_at(%(now)s)

-- list_fee_terms --
-- What those fees are now.
select code, label, amount_minor, currency, percent, quantity, unit from terms_at(%(now)s) where code = any (%(codes)s) order by code

-- list_versions --
-- The newest first.
select version, active_from from payment_policies order by active_from desc limit %(limit)s

-- get_document --
-- A version as one object; null where there is none.
select policy_document(%(version)s) as document

-- propose_policy --
select propose_policy(%(version)s, %(effective_on)s, %(document)s, %(reason)s, %(now)s) as id

-- decide_policy --
select decide_policy(%(proposal_id)s, %(decision)s, %(remark)s, %(now)s)

-- get_proposal --
select p.id, p.version, p.effective_on, p.document, p.reason, m.full_name as maker, p.status, a.full_name as approver, p.remark,
       p.created_at, p.decided_at
  from policy_proposals p join staff m on m.id = p.maker left join staff a on a.id = p.approver
 where p.id = %(proposal_id)s

-- list_proposals --
-- In one state, the newest first.
select p.id, p.version, p.effective_on, p.reason, m.full_name as maker, p.status, a.full_name as approver, p.created_at, p.decided_at
  from policy_proposals p join staff m on m.id = p.maker left join staff a on a.id = p.approver
 where p.status = %(status)s order by p.created_at desc, p.id desc limit %(limit)s
