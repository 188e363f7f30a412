package ledger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

var (
	general = chat.Channel{Adapter: "web", ID: "general"}
	team    = chat.Channel{Adapter: "discord", ID: "123456789012345678"}
	monday  = time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
)

// at returns a time some minutes after the planning.
func at(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }

// row returns a delivery of two parts after some changes.
func row(t *testing.T, changes ...func(*ledger.Delivery)) ledger.Delivery {
	t.Helper()
	d := ledger.NewDelivery("2026-11-23", "Morning", team, monday)
	if err := d.Freeze([]chat.Payload{chat.Payload("{}"), chat.Payload("{}")}); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(&d)
	}
	return d
}

func promise(d *ledger.Delivery)  { d.Promise(at(1)) }
func doubt(d *ledger.Delivery)    { d.Doubt("the answer was lost", at(2)) }
func retry(d *ledger.Delivery)    { d.Retry("try later", at(3)) }
func again(d *ledger.Delivery)    { d.Promise(at(4)) }
func posted(d *ledger.Delivery)   { d.Posted(chat.Receipt{Channel: team, ID: "1"}, at(5)) }
func rejected(d *ledger.Delivery) { d.Fail("no such channel", at(6)) }
func hold(d *ledger.Delivery)     { d.Hold("nobody can tell", at(7)) }
func skip(d *ledger.Delivery)     { d.Skip("not wanted", at(8)) }
func join(d *ledger.Delivery)     { d.Join("other", at(8)) }
func removed(d *ledger.Delivery)  { d.Posted(chat.Receipt{Channel: team}, at(9)) }
func drop(d *ledger.Delivery)     { d.Drop("left out", at(9)) }

func pause(d *ledger.Delivery) {
	d.Refuse(ledger.Refusal{Scope: ledger.OfChannel, Since: at(11)}, "archived", at(12))
}
func unseen(d *ledger.Delivery)  { d.Unseen("not there yet", at(13)) }
func release(d *ledger.Delivery) { must(d.Release("Ada", at(14))) }
func forget(d *ledger.Delivery)  { must(d.Forget("Grace", at(14))) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// followers marks the parts for publishing, published says that the next one was published.
func followers(d *ledger.Delivery) {
	for i := range d.Parts {
		d.Parts[i].Publish = ledger.Planned
	}
}
func published(d *ledger.Delivery)   { d.Published("", at(10)) }
func unpublished(d *ledger.Delivery) { d.Published("nobody may", at(10)) }

// revise gives the delivery parts of these texts; those of row are {}.
func revise(texts ...string) func(*ledger.Delivery) {
	return func(d *ledger.Delivery) {
		var payloads []chat.Payload
		for _, text := range texts {
			payloads = append(payloads, chat.Payload(text))
		}
		if err := d.Revise(at(11), payloads); err != nil {
			panic(err)
		}
	}
}

// TestArrows walks every arrow of the state machine in the package comment.
func TestArrows(t *testing.T) {
	type changes = []func(*ledger.Delivery)
	// A part is written state/attempts/first/last, in minutes; - is the zero time.
	for _, tc := range []struct {
		name   string
		do     changes
		state  ledger.State
		reason string
		next   string
		parts  string
	}{
		{"planned", nil, ledger.Planned, "", "0", "planned/0/-/- planned/0/-/-"},
		{"planned to skipped", changes{skip}, ledger.Skipped, "not wanted", "-", "planned/0/-/- planned/0/-/-"},
		{"planned to failed", changes{rejected}, ledger.Failed, "no such channel", "-", "failed/0/-/- planned/0/-/-"},
		{"planned waits", changes{retry}, ledger.Planned, "try later", "3", "planned/0/-/- planned/0/-/-"},
		{"planned to sending", changes{promise}, ledger.Sending, "", "1", "sending/1/1/1 planned/0/-/-"},
		{"sending to planned", changes{promise, retry}, ledger.Planned, "try later", "3", "planned/1/-/1 planned/0/-/-"},
		{"sending again after it was not there", changes{promise, retry, again}, ledger.Sending, "try later", "4", "sending/2/4/4 planned/0/-/-"},
		{"sending to failed", changes{promise, rejected}, ledger.Failed, "no such channel", "-", "failed/1/1/1 planned/0/-/-"},
		{"sending to in doubt", changes{promise, doubt}, ledger.InDoubt, "the answer was lost", "2", "in doubt/1/1/1 planned/0/-/-"},
		{"sending to the next part", changes{promise, posted}, ledger.Planned, "", "5", "sent/1/1/1 planned/0/-/-"},
		{"in doubt to the next part", changes{promise, doubt, posted}, ledger.Planned, "", "5", "sent/1/1/1 planned/0/-/-"},
		{"in doubt to planned", changes{promise, doubt, retry}, ledger.Planned, "try later", "3", "planned/1/-/1 planned/0/-/-"},
		{"in doubt to sending, same key", changes{promise, doubt, again}, ledger.Sending, "the answer was lost", "4", "sending/2/1/4 planned/0/-/-"},
		{"in doubt to held", changes{promise, doubt, hold}, ledger.Held, "nobody can tell", "-", "in doubt/1/1/1 planned/0/-/-"},
		{"in doubt to failed", changes{promise, doubt, rejected}, ledger.Failed, "no such channel", "-", "failed/1/1/1 planned/0/-/-"},
		{"second part", changes{promise, posted, again}, ledger.Sending, "", "4", "sent/1/1/1 sending/1/4/4"},
		{"second part in doubt", changes{promise, posted, again, doubt}, ledger.InDoubt, "the answer was lost", "2", "sent/1/1/1 in doubt/1/4/4"},
		{"second part failed", changes{promise, posted, again, rejected}, ledger.Failed, "no such channel", "-", "sent/1/1/1 failed/1/4/4"},
		{"sending to sent", changes{promise, posted, again, posted}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},
		{"in doubt to sent", changes{promise, posted, again, doubt, posted}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},

		{"planned, paused", changes{promise, pause}, ledger.Planned, "archived", "12", "planned/1/-/1 planned/0/-/-"},
		{"in doubt, paused", changes{promise, doubt, pause}, ledger.InDoubt, "archived", "12", "in doubt/1/1/1 planned/0/-/-"},
		{"not seen", changes{promise, doubt, unseen}, ledger.InDoubt, "not there yet", "13", "in doubt/1/1/1 planned/0/-/-"},
		{"held to planned", changes{promise, doubt, hold, release}, ledger.Planned, "released by Ada", "14", "planned/0/-/1 planned/0/-/-"},
		{"held to skipped", changes{promise, doubt, hold, forget}, ledger.Skipped, "forgotten by Grace: nobody can tell", "-", "in doubt/1/1/1 planned/0/-/-"},
		{"failed to planned", changes{promise, posted, again, rejected, release}, ledger.Planned, "released by Ada", "14", "sent/1/1/1 planned/0/-/4"},
		{"waiting is woken", changes{promise, retry, release}, ledger.Planned, "try later", "14", "planned/1/-/1 planned/0/-/-"},
		{"in doubt is woken", changes{promise, doubt, release}, ledger.InDoubt, "the answer was lost", "14", "in doubt/1/1/1 planned/0/-/-"},
		{"paused is forgotten", changes{promise, pause, forget}, ledger.Skipped, "forgotten by Grace: archived", "-", "planned/1/-/1 planned/0/-/-"},

		{"planned to bundled", changes{join}, ledger.Bundled, "", "-", "planned/0/-/- planned/0/-/-"},
		{"second part left out", changes{promise, posted, drop}, ledger.Sent, "left out", "-", "sent/1/1/1 gone/0/-/-"},
		{"found removed", changes{promise, doubt, removed, again, posted}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},
		{"to be published", changes{followers, promise, posted, again, posted}, ledger.Planned, "", "5", "sent/1/1/1 sent/1/4/4"},
		{"published in part", changes{followers, promise, posted, again, posted, published}, ledger.Planned, "", "10", "sent/1/1/1 sent/1/4/4"},
		{"publishing waits", changes{followers, promise, posted, again, posted, retry}, ledger.Planned, "try later", "3", "sent/1/1/1 sent/1/4/4"},
		{"published", changes{followers, promise, posted, again, posted, published, published}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},
		{"not published", changes{followers, promise, posted, again, posted, unpublished, unpublished}, ledger.Sent, "it was not published: nobody may", "-", "sent/1/1/1 sent/1/4/4"},
		{"publishing failed", changes{followers, promise, posted, again, posted, rejected}, ledger.Sent, "it was not published: no such channel", "-", "sent/1/1/1 sent/1/4/4"},
		{"what was removed is not published", changes{followers, promise, removed, again, posted, published}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},

		{"revised", changes{promise, posted, again, posted, revise("{1}", "{}")}, ledger.Planned, "", "11", "planned/0/1/1 sent/1/4/4"},
		{"revised, one more", changes{promise, posted, again, posted, revise("{}", "{}", "{}")}, ledger.Planned, "", "11", "sent/1/1/1 sent/1/4/4 planned/0/-/-"},
		{"revised, one less", changes{promise, posted, again, posted, revise("{}")}, ledger.Planned, "", "11", "sent/1/1/1 planned/0/4/4"},
		{"revised to the same", changes{promise, posted, again, posted, revise("{}", "{}")}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},
		{"taken away", changes{promise, posted, again, posted, revise("{}"), again, posted}, ledger.Sent, "", "-", "sent/1/1/1 gone/1/4/4"},
		{"and posted anew", changes{promise, posted, again, posted, revise("{}"), again, posted, revise("{}", "{}")}, ledger.Planned, "", "11", "sent/1/1/1 gone/1/4/4 planned/0/-/-"},
		{"removed by somebody", changes{promise, posted, again, removed, revise("{}", "{2}")}, ledger.Sent, "", "-", "sent/1/1/1 sent/1/4/4"},
		{"removed by somebody, and too much", changes{promise, posted, again, removed, revise("{}")}, ledger.Sent, "", "-", "sent/1/1/1 gone/0/4/4"},
		{"correction failed", changes{promise, posted, again, posted, revise("{1}", "{2}"), again, rejected}, ledger.Sent, "the correction failed: no such channel", "-", "failed/1/1/4 planned/0/4/4"},
		{"and made up for", changes{promise, posted, again, posted, revise("{1}", "{2}"), again, rejected, revise("{1}", "{}"), again, posted, again, posted}, ledger.Sent, "", "-", "sent/1/1/4 sent/1/4/4"},
		{"correction that nobody can tell of", changes{promise, posted, again, posted, revise("{}", "{}", "{}"), again, doubt, hold}, ledger.Sent, "the correction failed: nobody can tell", "-", "sent/1/1/1 sent/1/4/4 sent/1/4/4"},
	} {
		d := row(t, tc.do...)
		var parts []string
		for _, p := range d.Parts {
			parts = append(parts, fmt.Sprintf("%s/%d/%s/%s", p.State, p.Attempts, minutes(p.First), minutes(p.Last)))
		}
		if got := strings.Join(parts, " "); got != tc.parts {
			t.Errorf("%s: parts are %q, want %q", tc.name, got, tc.parts)
		}
		if d.State != tc.state || d.Reason != tc.reason || minutes(d.Next) != tc.next {
			t.Errorf("%s: got %q because of %q, next at %s; want %q because of %q, next at %s",
				tc.name, d.State, d.Reason, minutes(d.Next), tc.state, tc.reason, tc.next)
		}
		if ended := tc.next == "-"; d.State.Ended() != ended || d.Ended.IsZero() == ended {
			t.Errorf("%s: %q ended %t at %s, want %t", tc.name, d.State, d.State.Ended(), minutes(d.Ended), ended)
		}
		if d.Version != 0 {
			t.Errorf("%s: version %d, want 0: Save alone counts it up", tc.name, d.Version)
		}
	}
}

func minutes(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprint(int(t.Sub(monday).Minutes()))
}

// TestDecisions: each decision is kept with who and when, however many there are, and
// impossible ones are refused.
func TestDecisions(t *testing.T) {
	d := row(t, promise, doubt, hold)
	if err := d.Release("Ada", at(8)); err != nil {
		t.Fatal(err)
	}
	before := d.Decisions
	d.Promise(at(9))
	if err := d.Release("Ada", at(10)); err == nil {
		t.Error("one that is just being sent was released")
	}
	if err := d.Forget("Ada", at(10)); err == nil {
		t.Error("one that is just being sent was forgotten")
	}
	d.Doubt("lost", at(10))
	d.Hold("nobody can tell again", at(11))
	if err := d.Forget("Grace @everyone", at(12)); err != nil {
		t.Fatal(err)
	}
	want := []ledger.Decision{
		{At: at(8), By: "Ada", What: ledger.Released, Was: "held: nobody can tell"},
		{At: at(12), By: "Grace @everyone", What: ledger.Forgotten, Was: "held: nobody can tell again"},
	}
	if !slices.Equal(d.Decisions, want) || len(before) != 1 || d.Tried() != at(12) {
		t.Errorf("decisions %+v, want %+v; tried since %s", d.Decisions, want, minutes(d.Tried()))
	}
	sent := row(t, promise, posted, again, posted)
	for name, ended := range map[string]ledger.Delivery{"sent": sent, "skipped": row(t, skip), "forgotten": d} {
		if err := ended.Release("Ada", at(15)); err == nil {
			t.Errorf("one that is %s was released", name)
		}
		if err := ended.Forget("Ada", at(15)); err == nil {
			t.Errorf("one that is %s was forgotten", name)
		}
	}
	revised := row(t, promise, posted, again, posted, revise("{1}", "{2}"))
	if err := revised.Forget("Ada", at(15)); err == nil {
		t.Error("a correction of what stands was forgotten")
	}
}

// TestPaused: a pause ends when a post is accepted, and with the delivery.
func TestPaused(t *testing.T) {
	for name, tc := range map[string]struct {
		do   []func(*ledger.Delivery)
		want bool
	}{
		"tried again":  {[]func(*ledger.Delivery){promise, pause, again}, true},
		"in doubt":     {[]func(*ledger.Delivery){promise, pause, again, doubt}, true},
		"limited":      {[]func(*ledger.Delivery){promise, pause, again, retry}, true},
		"gets through": {[]func(*ledger.Delivery){promise, pause, again, posted}, false},
		"given up":     {[]func(*ledger.Delivery){promise, pause, rejected}, false},
	} {
		d := row(t, tc.do...)
		if paused := d.Refused != (ledger.Refusal{}); paused != tc.want {
			t.Errorf("%s: paused %+v, want %t", name, d.Refused, tc.want)
		}
	}
}

// TestPlaces: the parts after another are posted where that one was.
func TestPlaces(t *testing.T) {
	thread := chat.Channel{Adapter: team.Adapter, ID: team.ID, Thread: "1"}
	forum := chat.Receipt{Channel: thread, ID: "1"}
	for name, tc := range map[string]struct {
		first  chat.Receipt
		thread bool // of the second part
		change func(*ledger.Delivery)
		want   chat.Channel
		ok     bool
	}{
		"in the channel":              {chat.Receipt{Channel: team, ID: "1"}, false, nil, team, true},
		"in the thread":               {chat.Receipt{Channel: team, ID: "1"}, true, nil, thread, true},
		"in a forum":                  {forum, false, nil, thread, true},
		"in the thread, in a forum":   {forum, true, nil, thread, true},
		"under one that was removed":  {chat.Receipt{Channel: team}, true, nil, team, false},
		"after one that was removed":  {chat.Receipt{Channel: team}, false, nil, team, true},
		"more of one that is removed": {chat.Receipt{Channel: team}, false, func(d *ledger.Delivery) { d.Revised = at(11) }, team, false},
	} {
		d := ledger.NewDelivery("2026-11-23", "Morning", team, monday)
		payloads, hanging := []chat.Payload{chat.Payload("{}"), chat.Payload("{}")}, []chat.Payload(nil)
		if tc.thread {
			payloads, hanging = payloads[:1], payloads[1:]
		}
		if err := d.Freeze(payloads, hanging...); err != nil {
			t.Fatal(err)
		}
		if got, ok := d.Place(); got != team || !ok {
			t.Errorf("%s: the first goes to %+v, %t", name, got, ok)
		}
		d.Promise(at(1))
		d.Posted(tc.first, at(2))
		if tc.change != nil {
			tc.change(&d)
		}
		if got, ok := d.Place(); got != tc.want || ok != tc.ok {
			t.Errorf("%s: the second goes to %+v, %t, want %+v, %t", name, got, ok, tc.want, tc.ok)
		}
	}
}

// TestRevise: parts are changed in place, and impossible changes are refused.
func TestRevise(t *testing.T) {
	list := func(texts ...string) (payloads []chat.Payload) {
		for _, text := range texts {
			payloads = append(payloads, chat.Payload(text))
		}
		return payloads
	}
	d := ledger.NewDelivery("2026-11-23", "Morning", team, monday)
	if err := d.Freeze(list("a", "b"), list("x", "y")...); err != nil {
		t.Fatal(err)
	}
	if err := d.Revise(at(1), list("a")); err == nil {
		t.Error("one that was not sent was revised")
	}
	finish := func() {
		for p := d.Parts.Current(); p != nil; p = d.Parts.Current() {
			r := p.Receipt
			if r.ID == "" {
				r = chat.Receipt{Channel: team, ID: "of " + string(p.Payload)}
			}
			d.Promise(at(2))
			d.Posted(r, at(2))
		}
	}
	finish()
	for _, payloads := range [][]chat.Payload{nil, make([]chat.Payload, ledger.PartLimit)} {
		if err := d.Revise(at(3), payloads); err == nil || d.State != ledger.Sent || len(d.Parts) != 4 {
			t.Errorf("%d payloads: got error %v, and it is %s", len(payloads), err, d.State)
		}
	}
	for _, tc := range []struct {
		posts, thread []chat.Payload
		same          bool // as it already is
		want          string
	}{
		{list("a", "b"), list("x", "y"), true, "a=of a b=of b x=of x y=of y"},
		{list("a", "b", "c"), list("x"), false, "a=of a b=of b x=of x -=of y c=of c"},
		{list("A"), list("x", "z"), false, "A=of a -=of b x=of x -=of y -=of c z=of z"},
		{list("A", "B"), list("z"), false, "A=of a -=of b z=of x -=of y -=of c -=of z B=of B"},
	} {
		held := d.Parts
		before := fmt.Sprint(held)
		if same := d.Parts.Tell(tc.posts, tc.thread...); same != tc.same {
			t.Errorf("%q: it tells that already: %t", tc.want, same)
		}
		revised := d.Revised
		if err := d.Revise(at(3), tc.posts, tc.thread...); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(held) != before || !d.Revised.After(revised) {
			t.Errorf("%q: the parts of who holds the old ones have changed, or it was revised at %s as before", tc.want, d.Revised)
		}
		finish()
		var got []string
		seen := map[chat.Key]bool{}
		for _, p := range d.Parts {
			text := string(p.Payload)
			if p.State == ledger.Gone {
				text = "-"
			}
			got = append(got, text+"="+p.Receipt.ID)
			if seen[p.Key] {
				t.Errorf("two parts have the key %s", p.Key)
			}
			seen[p.Key] = true
		}
		if got := strings.Join(got, " "); got != tc.want || !d.Parts.Tell(tc.posts, tc.thread...) {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	if d.Since != at(2) {
		t.Errorf("it stands since %s, want %s", d.Since, at(2))
	}
}

func TestReceipts(t *testing.T) {
	d := row(t, promise)
	if got := d.Parts.Current(); got != &d.Parts[0] {
		t.Errorf("the current part is %v, want the first", got)
	}
	posted(&d)
	if got, want := d.Parts[0].Receipt, (chat.Receipt{Channel: team, ID: "1"}); got != want {
		t.Errorf("got receipt %v, want %v", got, want)
	}
	if got := d.Parts.Current(); got != &d.Parts[1] {
		t.Errorf("the current part is %v, want the second", got)
	}
	again(&d)
	posted(&d)
	if got := d.Parts.Current(); got != nil {
		t.Errorf("the current part is %v, want none", got)
	}
}

// TestUnfrozen: a delivery can wait and end before it has parts.
func TestUnfrozen(t *testing.T) {
	for _, tc := range []struct {
		change func(*ledger.Delivery)
		want   ledger.State
	}{{retry, ledger.Planned}, {rejected, ledger.Failed}, {skip, ledger.Skipped}, {hold, ledger.Held}} {
		d := ledger.NewDelivery("2026-11-23", "Morning", team, monday)
		tc.change(&d)
		if d.State != tc.want || len(d.Parts) != 0 {
			t.Errorf("got %q with %d parts, want %q with none", d.State, len(d.Parts), tc.want)
		}
	}
}

func TestFreeze(t *testing.T) {
	for _, tc := range []struct {
		parts int
		want  string // of the error
	}{
		{0, "0 parts, want 1 to 999"},
		{1, ""},
		{ledger.PartLimit, ""},
		{ledger.PartLimit + 1, "1000 parts, want 1 to 999"},
	} {
		d := ledger.NewDelivery("2026-11-23", "Morning", team, monday)
		err := d.Freeze(make([]chat.Payload, tc.parts))
		if tc.want != "" {
			if err == nil || !strings.Contains(err.Error(), tc.want) || len(d.Parts) != 0 {
				t.Errorf("%d parts: got error %v and %d parts, want %q and none", tc.parts, err, len(d.Parts), tc.want)
			}
			continue
		}
		if err != nil || len(d.Parts) != tc.parts {
			t.Fatalf("%d parts: got error %v and %d parts", tc.parts, err, len(d.Parts))
		}
		seen := map[chat.Key]bool{}
		for _, p := range d.Parts {
			if seen[p.Key] || len(p.Key) > chat.KeyLimit || !strings.HasPrefix(string(p.Key), string(d.Key)+"-") || p.State != ledger.Planned {
				t.Fatalf("part %+v of %s is not one to send", p, d.Key)
			}
			seen[p.Key] = true
		}
		if err := d.Freeze(make([]chat.Payload, 1)); err == nil || !strings.Contains(err.Error(), "already frozen") || len(d.Parts) != tc.parts {
			t.Errorf("frozen twice: got error %v and %d parts", err, len(d.Parts))
		}
	}
}

// TestKeys: what is owed twice has the same key, and nothing else has it. The keys are
// stored on the platforms, so they may never change.
func TestKeys(t *testing.T) {
	first := ledger.NewDelivery("2026-11-23", "Morning", general, monday)
	if got, want := first.Key, chat.Key("vynkpdyherflitwwtrn5"); got != want {
		t.Errorf("got key %s, want %s", got, want)
	}
	if got := ledger.NewDelivery("2026-11-23", "Another title", general, at(1)).Key; got != first.Key {
		t.Errorf("the same digest to the same channel has keys %s and %s", first.Key, got)
	}
	anew := ledger.NewEdition(ledger.Said{Digest: "2026-11-23", Day: "2026-11-23", Headlines: []string{"a", "b"}}, "Morning", general, monday)
	if got, want := anew.Key, chat.Key("o7gzoitfor5fxr7kia3w"); got != want {
		t.Errorf("got key %s, want %s", got, want)
	}
	resend := ledger.NewResend("2026-11-23", "Morning", general, "request 1", "Ada", monday)
	if got, want := resend.Key, chat.Key("nebqda6rhp644qw6hlgl"); got != want {
		t.Errorf("got key %s, want %s", got, want)
	}
	if got := ledger.NewResend("2026-11-23", "", general, "request 1", "Grace", at(1)).Key; got != resend.Key {
		t.Errorf("a request that came twice has keys %s and %s", resend.Key, got)
	}
	if resend.Cause != ledger.ForResend || resend.By != "Ada" || resend.State != ledger.Planned {
		t.Errorf("got %+v", resend)
	}

	seen := map[chat.Key]string{}
	for _, d := range []ledger.Delivery{
		first, resend, anew,
		ledger.NewEdition(ledger.Said{Digest: "2026-11-23", Day: "2026-11-23", Headlines: []string{"a"}}, "Morning", general, monday),
		ledger.NewEdition(ledger.Said{Digest: "2026-11-23", Day: "2026-11-24", Headlines: []string{"a", "b"}}, "Morning", general, monday),
		ledger.NewEdition(ledger.Said{Digest: "2026-11-23", Day: "2026-11-23", Headlines: []string{"a", "b"}}, "Morning", team, monday),
		ledger.NewDelivery("2026-11-24", "Morning", general, monday),
		ledger.NewDelivery("2026-11-23", "Morning", team, monday),
		ledger.NewDelivery("2026-11-23", "Morning", chat.Channel{Adapter: "slack", ID: "general"}, monday),
		ledger.NewDelivery("2026-11-23\x00request 1 @everyone 晨报", "Morning", general, monday),
		ledger.NewResend("2026-11-23", "Morning", general, "request 2", "Ada", monday),
		ledger.NewResend("2026-11-23", "Morning", team, "request 1", "Ada", monday),
		ledger.NewResend("2026-11-24", "Morning", general, "request 1", "Ada", monday),
	} {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[d.Key]; ok {
			t.Errorf("one key for %s and %s", text, other)
		}
		seen[d.Key] = string(text)
		if len(d.Key) != 20 || strings.Trim(string(d.Key), "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Errorf("key %q has other characters than a-z and 2-7, or not 20 of them", d.Key)
		}
	}
}
