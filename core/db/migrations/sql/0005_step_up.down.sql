drop table demo_outbox, step_up_challenges;
