drop table chat_messages, chat_turns, chat_sessions;
drop function app_subject;
