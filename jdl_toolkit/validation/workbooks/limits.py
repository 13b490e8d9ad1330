"""What a check of a damaged workbook may use, and what must not happen to it."""

#: Seconds of one processor, and bytes of memory beyond what the toolkit itself takes, that a check may use.
MOST_SECONDS, MOST_MEMORY = 30, 2_000_000_000
#: Seconds of the clock after which it is ended even if it does nothing: the machine may be busy with other things.
MOST_WAITING = 10 * MOST_SECONDS

#: What must not happen, and what that is in words, as "the check …".
FAULTS = {
    "hung": f"was not done after {MOST_SECONDS} seconds of one processor",
    "died": "was ended by the system, or by a library",
    "fault": "ended as a fault of the toolkit, or with a status that means nothing",
    "traceback": "showed a traceback",
    "silent": "ended without a word, or refused without saying what to do",
    "personal": "showed a name, a date of birth, an identifier or a contact",
    "half-written": "left a file that is not whole, or any after a refusal",
    "changed": "changed what was sent, or wrote elsewhere",
    "misread": "took somebody for another person, or lost somebody, without a remark",
}
