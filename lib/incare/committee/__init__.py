"""What a committee says, asks and agrees: commentary, actions, questions, events, goals and voices, quarter to quarter.

Plain data in, plain data out: nothing here reads a child's record or a measure.
"""
