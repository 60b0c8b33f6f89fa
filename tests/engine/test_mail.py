"""Rule 12: automatic replies, bounces and our own mails are known from their headers and never cost a credit."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_credits.engine.mail import (
	Headers,
	MailKind,
	is_answerable,
	is_forged,
	kind_of,
	speaks_for_another,
	writers,
)

CORPUS = sorted((Path(__file__).parents[2] / "fixtures" / "mail").glob("*.eml"))


def headers(**fields: str) -> Headers:
	return Headers((name.replace("_", "-"), value) for name, value in fields.items())


@pytest.mark.parametrize(
	("fields", "kind"),
	[
		({}, MailKind.PERSON),
		({"Auto_Submitted": "no"}, MailKind.PERSON),
		({"auto_submitted": " Auto-Replied (vacation)"}, MailKind.AUTO_REPLY),
		({"Auto_Submitted": "auto-replied; owner-email=a@b.test"}, MailKind.AUTO_REPLY),
		({"Auto_Submitted": "auto-generated"}, MailKind.MACHINE),
		({"Precedence": "junk"}, MailKind.AUTO_REPLY),
		({"Precedence": "Auto_Reply"}, MailKind.AUTO_REPLY),
		({"X_Autoreply": "yes"}, MailKind.AUTO_REPLY),
		({"X_Autorespond": "away"}, MailKind.AUTO_REPLY),
		({"Content_Type": 'multipart/report; report-type=delivery-status; boundary="x"'}, MailKind.BOUNCE),
		({"Content_Type": "multipart/report; report-type=disposition-notification"}, MailKind.RECEIPT),
		({"Content_Type": 'multipart/report; boundary="x"'}, MailKind.BOUNCE),
		({"Content_Type": 'text/calendar; charset="utf-8"; method=REPLY'}, MailKind.RECEIPT),
		({"Content_Type": "text/calendar; method=REQUEST"}, MailKind.PERSON),
		({"Return_Path": "<>"}, MailKind.BOUNCE),
		({"Return_Path": "<ana@acme.test>"}, MailKind.PERSON),
		({"From": "Mail Delivery Subsystem <MAILER-DAEMON@mx.test>"}, MailKind.BOUNCE),
		({"From": "Ana <not-mailer-daemon@acme.test>"}, MailKind.PERSON),
		({"From": "postmaster@acme.test"}, MailKind.PERSON),
		({"X_Failed_Recipients": "a@b.test"}, MailKind.BOUNCE),
		({"List_Id": "Users <users.lists.test>"}, MailKind.LIST),
		({"Precedence": "list"}, MailKind.LIST),
		({"Precedence": "bulk"}, MailKind.BULK),
		({"List_Unsubscribe": "<https://news.test/u>"}, MailKind.BULK),
		({"X_Spam_Flag": "YES"}, MailKind.SPAM),
		({"X_Spam_Status": "Yes, score=9.1"}, MailKind.SPAM),
		({"X_Spam_Status": "No, score=0.1"}, MailKind.PERSON),
		({"X_Spam": "Yes"}, MailKind.SPAM),
		({"X_Auto_Generated": "support-credits"}, MailKind.OWN),
		({"X_Frappe_Site": "https://desk.provider.test/"}, MailKind.OWN),
		({"X_Frappe_Site": "https://other.test"}, MailKind.PERSON),
		# A person's mail whose system asks for no answers is a person's all the same.
		({"X_Auto_Response_Suppress": "All"}, MailKind.PERSON),
	],
)
def test_a_header_says_whose_mail_it_is(fields, kind):
	assert kind_of(headers(**fields), own_site="https://desk.provider.test") is kind


def test_people_who_write_through_the_providers_own_list_are_people():
	through = headers(
		List_Id="Support <Support.Provider.test>", Precedence="list", List_Unsubscribe="<mailto:x>"
	)
	assert kind_of(through, own_lists=["", " <support.provider.test> "]) is MailKind.PERSON
	assert kind_of(through, own_lists=["other.test"]) is MailKind.LIST


def test_an_automatic_reply_that_comes_through_the_providers_own_list_is_automatic():
	away = headers(List_Id="<support.provider.test>", Auto_Submitted="auto-replied")
	assert kind_of(away, own_lists=["support.provider.test"]) is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
	("wish", "answer"), [("", True), ("All", False), ("DR, AutoReply", False), ("OOF", True)]
)
def test_a_system_that_wants_no_answer_gets_none(wish, answer):
	assert is_answerable(headers(X_Auto_Response_Suppress=wish)) is answer


@pytest.mark.parametrize(
	("results", "forged"),
	[
		("mx.test; dmarc=fail (p=reject) header.from=acme.test", True),
		("mx.test; spf=fail; dkim=fail; dmarc=pass", False),
		("mx.test; spf=fail smtp.mailfrom=acme.test; dkim=none", True),
		("mx.test; spf=fail; dkim=pass", False),
		("mx.test; spf=softfail; dkim=none", False),
		("mx.test; dmarc=none; spf=pass", False),
		("mx.test; dmarc=none; spf=fail", True),
		("mx.test 1; dmarc=fail", True),
		("mx.test (dmarc=fail); dmarc=pass", False),
		("mx.test; none", False),
		("other.test; dmarc=fail", False),
	],
)
def test_only_the_providers_own_server_can_say_that_a_sender_is_false(results, forged):
	assert is_forged(headers(Authentication_Results=results), "mx.test") is forged


@pytest.mark.parametrize("named", ["mx.test", "MX.test", " mx.test ", "Mx.Test."])
@pytest.mark.parametrize("writes", ["mx.test", "MX.TEST", "mx.test."])
def test_a_server_is_the_same_however_its_name_is_spelled(named, writes):
	assert is_forged(headers(Authentication_Results=f"{writes}; dmarc=fail"), named)
	assert not is_forged(headers(Authentication_Results=f"other.{writes}; dmarc=fail"), named)


def test_of_several_results_the_topmost_in_the_servers_name_counts():
	both = [
		("Authentication-Results", "mx.test; dmarc=fail"),
		("Authentication-Results", "mx.test; dmarc=pass"),
	]
	assert is_forged(Headers(both), "mx.test")
	assert not is_forged(Headers(reversed(both)), "mx.test")


@pytest.mark.parametrize(
	("sender", "another"),
	[
		("ana@acme.test", False),
		("ANA@acme.test", False),
		("bob@acme.test", True),
		("mara@customer.test", True),
	],
)
def test_a_sender_who_is_not_in_from_speaks_for_somebody_else(sender, another):
	assert speaks_for_another(headers(From='"Ana, Acme" <Ana@Acme.test>'), sender) is another


@pytest.mark.parametrize(
	"name", ["J@x.test", "J. Doe [ACME]", "Doe, John", '"J@x.test"', "=?utf-8?q?J=C3=B6?=", ""]
)
def test_a_name_that_is_not_quoted_hides_no_address(name):
	assert writers(headers(From=f"{name} <j@x.test>")) == {"j@x.test"}


def test_of_two_writers_of_different_domains_neither_is_believed():
	both = headers(From="victim@customer.test, thief@other.test")
	assert speaks_for_another(both, "victim@customer.test")
	assert not speaks_for_another(headers(From="ana@acme.test, bob@acme.test"), "ana@acme.test")


def test_an_address_in_the_name_is_no_address():
	assert speaks_for_another(
		headers(From='"victim@customer.test" <thief@other.test>'), "victim@customer.test"
	)


def test_the_providers_own_list_may_name_the_person_beside_an_address_of_its_own_domain():
	own = ["support.provider.test"]
	through = headers(From="Ana via Support <support@provider.test>", List_Id="<support.provider.test>")
	assert speaks_for_another(through, "ana@acme.test")
	assert not speaks_for_another(through, "ana@acme.test", own)
	# Anybody can write a List-Id; the domain of From is what the mail server checks.
	assert speaks_for_another(
		headers(From="thief@other.test", List_Id="<support.provider.test>"), "ana@acme.test", own
	)


def test_without_a_server_every_sender_is_taken_at_his_word():
	assert not is_forged(headers(Authentication_Results="mx.test; dmarc=fail"), "")


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60))))
def test_no_header_however_broken_raises(fields):
	found = Headers(fields)
	assert kind_of(found) in MailKind
	assert is_forged(found, "mx.test") in (True, False)
	assert speaks_for_another(found, "ana@acme.test") in (True, False)
	assert is_answerable(found) in (True, False)
