-- What customers let be known is forgotten.
drop function list_care_cases, take_care_case, close_care_case, open_care_case;
drop table care_clocks, care_cases;
drop function keep_care_case;
