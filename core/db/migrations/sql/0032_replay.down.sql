drop function list_activity(timestamptz, text, integer);
drop table tool_calls;
drop table turn_records;
