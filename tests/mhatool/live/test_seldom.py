"""What a stranger's packets make a node say, it says once a minute."""

from mhatool.live.seldom import AGAIN_S, Seldom


def test_the_same_words_once_a_minute_with_how_many_were_kept_back() -> None:
    now, said = [0.0], list[str]()
    seldom = Seldom(said.append, lambda: now[0])
    for _ in range(1000):
        seldom.say("Send: network is unreachable")
    seldom.say("Send on left: network is down")
    assert said == ["Send: network is unreachable", "Send on left: network is down"]
    now[0] = AGAIN_S
    for _ in range(2):
        seldom.say("Send: network is unreachable")
    assert said[2:] == ["Send: network is unreachable (999 times more since this was said)"]
    now[0] = 2 * AGAIN_S
    seldom.say("Send on left: network is down")
    assert said[3:] == ["Send on left: network is down"]
