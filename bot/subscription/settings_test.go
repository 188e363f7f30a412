package subscription_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
)

// A typed value is read according to the kind of the setting, and one that cannot be read
// changes nothing.
func TestSpecIsTyped(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ok         bool
		want       any
		written    string
	}{
		{"zone", " Asia/Shanghai ", true, "Asia/Shanghai", "Asia/Shanghai"},
		{"zone", " ", true, nil, ""},
		{"tags", "AI, Rust，安全、 a b ；;,", true, []string{"AI", "Rust", "安全", "a b"}, "AI, Rust, 安全, a b"},
		{"tags", "", true, nil, ""},
		{"tags", "<!channel>", true, []string{"<!channel>"}, "<!channel>"},
		{"publish", "YES", true, true, "yes"},
		{"publish", "是", true, true, "yes"},
		{"publish", "off", true, false, ""},
		{"bundle", "YES", true, true, ""},
		{"bundle", "off", true, false, "no"},
		{"bundle", "", true, nil, ""},
		{"style", "compact", true, "brief", "brief"},
		{"style", "full", true, "full", "full"},
		{"bundle", "@everyone", false, "as it was", "as it was"},
		{"max_parts", "3", true, 3, "3"},
		{"max_parts", "0", true, 0, "0"},
		{"max_parts", "three", false, "as it was", "as it was"},
		{"max_parts", "", true, nil, ""},
		{"no such", "x", false, nil, ""},
	} {
		spec := subscription.Spec{c.name: "as it was"}
		ok := spec.Put(c.name, c.text)
		if got := spec[c.name]; ok != c.ok || !reflect.DeepEqual(got, c.want) || spec.Written(c.name) != c.written {
			t.Errorf("%s=%q is %v, %#v, written %q; want %v, %#v, %q", c.name, c.text, ok, got, spec.Written(c.name), c.ok, c.want, c.written)
		}
	}
}

// Each setting reads its value from the ledger, even if another build has stored more; a
// value of another kind is an error that names the setting.
func TestSpecIsKept(t *testing.T) {
	const kept = `{"schedule":"daily 9:00","zone":"Asia/Shanghai","categories":["tech"],"tags":["AI"],"without":["sports"],"languages":["zh"],"paths":["posts/**"],"libraries":["News"],"skip":["2026-10-01"],"extra":["2026-10-10"],
		"wait":"1h","max_age":"24h","on_empty":"notice","start":"next","style":"compact","details":"thread","picture":true,"bundle":true,"max_parts":3,
		"repeats":"hide","repeats_within":"72h","corrections":"0h","publish":true,"language":"zh-Hant","of another build":{}}`
	spec, err := subscription.SpecOf(ledger.Stored{Name: "x", Settings: kept})
	if err != nil || len(spec) != 24 {
		t.Fatalf("read as %v, %v", spec, err)
	}
	s, problems := spec.Subscription(subscription.Names{Libraries: []string{"news"}})
	got := strings.TrimSpace(fmt.Sprintln(problems, s.Schedule, s.Zone, s.Match, s.Wait, s.MaxAge, s.OnEmpty, s.StartLatest, s.Style, s.Details, s.Picture, s.Bundle, s.MaxParts, s.Repeats, s.RepeatsWithin, s.Corrections, s.Publish, s.Language))
	if want := "[] daily 9:00 Asia/Shanghai {[news] [posts/**] [zh] [tech] [AI] [sports]} 1h0m0s 24h0m0s notice false brief thread true true 3 hide 72h0m0s 0s true zh-Hant"; got != want {
		t.Errorf("it means %s\nwant %s", got, want)
	}
	if on := s.Schedule.Between(time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 16, 0, 0, 0, time.UTC)); len(on) > 0 {
		t.Errorf("it opens on a day that it skips: %v", on)
	}
	if got, want := s.LooksBack(), 72*time.Hour; got != want {
		t.Errorf("it looks back %v, want %v", got, want)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := subscription.SpecOf(ledger.Stored{Name: "x", Settings: string(text)}); err != nil || !reflect.DeepEqual(again, spec) {
		t.Errorf("kept again it is %v, %v, want %v", again, err, spec)
	}
	for _, of := range subscription.Settings {
		text := fmt.Sprintf(`{%q:{"@everyone":1}}`, of.Name)
		_, err := subscription.SpecOf(ledger.Stored{Name: "x", Settings: text})
		if err == nil || !strings.HasPrefix(err.Error(), "subscription x: its settings cannot be read: "+of.Name+": ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Each duration that chat accepts is at most a week.
func TestLengthsAreAWeekAtMost(t *testing.T) {
	lengths := 0
	for _, of := range subscription.Settings {
		if d, err := time.ParseDuration(of.Default); err != nil || d == 0 {
			continue
		}
		lengths++
		if problems := (subscription.Spec{of.Name: "168h"}).Check(subscription.Names{}); len(problems) > 0 {
			t.Errorf("%s of a week: %v", of.Name, problems)
		}
		if problems := (subscription.Spec{of.Name: "168h1s"}).Check(subscription.Names{}); len(problems) != 1 || problems[0].Field != of.Name || problems[0].Value != "168h1s" {
			t.Errorf("%s of more than a week: %v", of.Name, problems)
		}
	}
	if lengths < 4 {
		t.Errorf("there are %d lengths of time, want 4 at least", lengths)
	}
}
