"""Requests matched with answers: packets in time order, copies told apart, Binding Updates with what answers them."""

from mhatool.exchange.conversation import Answer, Conversation, Conversations, Exchange, Previous, Unexplained
from mhatool.exchange.copies import Copies, Sameness
from mhatool.exchange.latest import Latest
from mhatool.exchange.recent import Recent
from mhatool.exchange.registration import Acknowledgement, Update, acknowledgement_of, update_of
from mhatool.exchange.requests import REQUESTS_AND_ANSWERS, Request, Requests
from mhatool.exchange.revocation import revoked_home_address
from mhatool.exchange.sighting import Frame, Sighting, Source, sightings

__all__ = [
    "REQUESTS_AND_ANSWERS",
    "Acknowledgement",
    "Answer",
    "Conversation",
    "Conversations",
    "Copies",
    "Exchange",
    "Frame",
    "Latest",
    "Previous",
    "Recent",
    "Request",
    "Requests",
    "Sameness",
    "Sighting",
    "Source",
    "Unexplained",
    "Update",
    "acknowledgement_of",
    "revoked_home_address",
    "sightings",
    "update_of",
]
