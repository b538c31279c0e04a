-- count_understood --
-- How customers' messages were understood, by intent and by confidence in steps of a two-hundredth. No texts.
select created_at >= %(recent_since)s as is_recent, intent, least(floor(confidence * 200)::int, 199) as step,
       count(*)::int as messages
  from chat_messages
 where role = 'user' and intent is not null and confidence is not null
   and created_at >= %(since)s and created_at < %(until)s
 group by 1, 2, 3
