"""The dialogue manager: a stack of tasks, kept as plain data with the conversation, and how people talk about them.

    specs     what a task can be told, read off the registry; tables.py says what the registry cannot
    acts      what a message does to the conversation itself: yes, no, stop, one moment, why
    fill      values for a task's slots from what was mentioned
    choices   which of what was offered is meant
    desk      what may be done for this customer, and what a message most likely asks for
    manager   stack and message in; stack, and the step to take, out
    outcomes  what a tool's answer means for the task that called it
    words     the sentences that only the manager says

Everything here is pure: no clock, no database, no model. A value is validated by the tool that takes it, and by nothing
here.
"""
