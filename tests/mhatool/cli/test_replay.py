"""replay, as scripts call it."""

import json
from pathlib import Path

from tests.mhatool.cli.process import complaint, mhatool

AGENT, HOME = "2001:200:1:2::1", "2001:200:1:2:240:26ff:fe4c:51fd"
AS_AGENT = ("--as", "ha", "--address", AGENT)


def test_answers_are_shown_a_line_each(captures: Path) -> None:
    result = mhatool("replay", captures / "umip" / "tour-mn.pcap", *AS_AGENT)
    assert (result.status, result.err) == (0, "")
    answers = [line for line in result.out.splitlines() if "Binding Acknowledgement" in line]
    # The numbers that captures/README.md has, a second after the first update: duplicate address detection.
    assert [line.split(" seq ")[1].split()[0] for line in answers] == [str(number) for number in range(22354, 22359)]
    assert answers[0].startswith("09:51:51.4")


def test_the_same_answers_give_status_0_and_others_1(captures: Path) -> None:
    same = mhatool("replay", captures / "umip" / "tour-core.pcap", *AS_AGENT, "--diff")
    assert (same.status, same.out) == (0, "No differences in 6 exchanges.\n")
    # The agent was killed at 09:54:28.839; ours lives on.
    dead = ("replay", captures / "umip" / "failover60-mn.pcap", *AS_AGENT, "--diff")
    assert mhatool(*dead).status == 1
    assert mhatool(*dead, "--until", "2026-11-23T09:54:28.839Z").status == 0
    document = json.loads(mhatool(*dead, "--json").out)
    assert document["schema"] == "mhatool.diff/1"
    assert document["summary"] == {"missing": 0, "added": 5, "changed": 2}


def test_answers_are_written_as_a_capture(captures: Path, tmp_path: Path) -> None:
    result = mhatool("replay", captures / "umip" / "tour-mn.pcap", *AS_AGENT, "-w", tmp_path / "answers.pcapng")
    assert (result.status, result.out) == (0, "")
    facts = json.loads(mhatool("info", tmp_path / "answers.pcapng", "--jsonl").out)
    assert facts["signalling"]["binding_acknowledgement"] == 5
    assert facts["signalling"]["dhaad_reply"] == 1


def test_the_time_until_which_it_is_fed(captures: Path) -> None:
    def acknowledged(until: str) -> int:
        result = mhatool("replay", captures / "umip" / "tour-mn.pcap", *AS_AGENT, "--until", until)
        assert result.status == 0
        return result.out.count("Binding Acknowledgement")

    # Frame 742 is the second update; the first packet is that of 09:51:31.
    assert [acknowledged(until) for until in ("#741", "#743", "+60", "2026-11-23T09:53:09Z")] == [1, 2, 1, 3]


def test_what_can_not_be_replayed(captures: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    assert "no message from or to this address" in complaint(
        "replay", capture, "--as", "ha", "--address", "2001:db8::1"
    )
    assert "'here' is not an IPv6 address" in complaint("replay", capture, "--as", "ha", "--address", "here")
    assert "'noon' is no time" in complaint("replay", capture, *AS_AGENT, "--until", "noon")
    assert "--json prints what --diff finds" in complaint("replay", capture, *AS_AGENT, "--json")
    early = ("--until", "2026-11-23T09:51:00Z")
    assert "no message from or to this address until then" in complaint("replay", capture, *AS_AGENT, *early)
    assert "would both go to standard output" in complaint("replay", capture, *AS_AGENT, "-w", "-", "--diff")
    nobody = AGENT[:-1] + "9"  # on the home link, of which the capture holds much
    for more in ((), ("--diff",)):
        said = complaint("replay", capture, "--as", "ha", "--address", nobody, *more)
        assert f"no message from or to this address; its home agents are {AGENT}" in said
    said = complaint("replay", capture, "--as", "mn", "--address", AGENT)
    assert f"no Binding Update to a home agent with this home address; its mobile nodes are {HOME}" in said
    everywhere = captures / "umip" / "tour-all.pcapng"
    assert "several interfaces" in complaint("replay", everywhere, "--as", "mn", "--address", HOME)
