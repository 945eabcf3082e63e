"""The phrases by which follow-ups are classified; they match whole words only."""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(",") if phrase.strip())


ACKNOWLEDGEMENTS = _lines("""
    thanks, thank you, cheers, ta, perfect, great, good, brilliant, excellent, lovely,
    wonderful, fantastic, awesome, nice, super, fine, okay, ok, all right, alright, right, got
    it, i see, ah, understood, noted, clear, yes, yep, yeah, that helps, that's all, well, makes
    sense, appreciated, cool, roger, copy that, exactly, will do, never mind, not bad, no
    worries, as expected, helpful, nothing else, no further questions, looks normal, relief,
    splendid, superb, no thanks, spot on, marvellous, fair enough, very useful, much better,
    good enough, sounds good, works for me, you've been helpful, i'll note it, i'm happy, glad,
    smashing, sorted, done, that does it
""")
CLOSINGS = _lines("""
    that's all, that is all, that will do, that'll do, all i wanted, all i needed, all i need,
    what i wanted to know, what i needed, what i expected, what i was after, what i was looking
    for, answers my question, answered my question, nothing else, nothing more, no more
    questions, no further questions, no thanks, no thank you, that's everything, that is
    everything
""")
LEAD_INS = (
    *_lines("""
    thank you very much, thanks a lot, many thanks, very good, nice one, that's good, and, now,
    so, then, actually, hey, please, different question, next, next question, another question,
    another thing, one more thing, by the way, sorry, um, uh, hm, hmm, wait, listen, but, oh,
    hang on, hold on, okay then, thanks for that, good to know, in that case, also, no problem
"""),
    *ACKNOWLEDGEMENTS,
)
BARE_REPEAT_REQUESTS = (("what",), ("sorry",), ("eh",), ("say", "what"), ("sorry", "what"))
REPEAT_REQUESTS = _lines("""
    say that again, say it again, say again, come again, once more, one more time, once again,
    repeat that, repeat it, pardon, excuse me, huh, did you say, you said what, what was that,
    didn't catch, did not catch, couldn't catch, didn't hear, did not hear, couldn't hear, could
    not hear, can't hear, missed that, missed it, missed the, tell me again, didn't get that,
    did not get that, i beg your pardon, read that again, what's that again, run that by me, you
    broke up, you cut out, breaking up, cut off, speak up, a bit louder, bit slower, more
    slowly, didn't quite get, could you repeat, can you repeat, please repeat
""")
INSISTENCE = _lines("""
    i said, i asked, i just asked, i was asking, i'm asking, my question was, the question was,
    i want to know, i wanted to know, like i said, as i said
""")
INTENDED = _lines("""
    i meant, i actually meant, i really meant, i mean, i do mean, i said, i actually said, i
    asked, i asked for, i actually asked, i was asking, i wanted, i actually wanted, i'm talking
    about, i was talking about, i am talking about, i was after, i was looking for, i was
    referring to, i'm referring to, should have been, should have said, meant to say, i need, i
    actually need, i want, my question was
""")
THANKS = ("thanks", "thank you", "ta", "cheers", "much appreciated")
NO_COMPLAINTS = ("not bad", "no problem", "no worries", "nothing wrong", "not a problem", "none")
IS_WRONG = _lines("""
    the wrong, that's wrong, that is wrong, incorrect, isn't right, is not right, not right,
    wasn't right, isn't what i, is not what i, not what i, isn't it, not it
""")
WRONG = _lines("""
    wrong, incorrect, isn't right, is not right, not right, can't be right, cannot be right,
    can't be, misunderstood, misheard, you gave me, you showed me, you told me, mixed up, mixed
    that up, mistake, mistaken, instead of, nothing to do with, other way round, other way
    around, false, nonsense, doesn't match, does not match, confused, mix up, doesn't answer,
    does not answer, unrelated, irrelevant, off the mark
""")
DENIALS = ("no", "nope", "nah", "wrong", "incorrect", "not", "negative", "false")
STATEMENTS = _lines("""
    you, those are, these are, that is, that's, those numbers, these numbers, it should be, this
    is, it's the, it is the, that was, those were, the one i, try, rather
""")
ELLIPTICAL = _lines("""
    and, what about, how about, only, just, but, same for, same thing, or, as, per, for, since
    when, excluding, including, without, except, from, between, until, over, in
""")
VIEW_VERBS = _lines("""
    zoom, compare, break, chart, graph, plot, sort, filter, split, group, rank, leave out,
    drill, narrow, widen, limit, exclude, include, convert, put, make
""")
VIEW_CHANGES = _lines("""
    as a, as an, in a table, bar chart, pie chart, line chart, side by side, in percent, on a
    map, in more detail, more detail, more details, the details
""")
PRONOUNS = frozenset("it its that those them these this they he she none ones same".split())
