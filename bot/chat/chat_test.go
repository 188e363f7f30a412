package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var tree = Command{Name: "digest", Subs: []Command{
	{Name: "tags"},
	{Name: "tag", Args: []Arg{{Name: "tag", Required: true, Rest: true}}},
	{Name: "move", Args: []Arg{{Name: "from", Required: true}, {Name: "to"}}},
	{Name: "find", Names: map[string]string{"zh-Hans": "搜索"}, Private: true, Args: []Arg{{Name: "words", Required: true, Rest: true}, Page, Share}},
	{Name: "set", Form: true, Args: []Arg{{Name: "name"}, {Name: "schedule", Named: true}, {Name: "style", Names: map[string]string{"zh-Hans": "样式"}, Named: true}, Page}},
	{Name: "make", Args: []Arg{{Name: "name", Rest: true}, {Name: "style", Named: true}}},
}}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line, verb string
		args       map[string]string
	}{
		{"/digest tag AI", "tag", map[string]string{"tag": "AI"}},
		{"digest TAG AI", "tag", map[string]string{"tag": "AI"}},
		{"tag AI", "tag", map[string]string{"tag": "AI"}},
		{"/digest　tag　人工智能", "tag", map[string]string{"tag": "人工智能"}},
		{"/digest tag machine learning ", "tag", map[string]string{"tag": "machine learning"}},
		{`/digest tag "machine  learning"`, "tag", map[string]string{"tag": "machine  learning"}},
		{"/digest tag “machine learning”", "tag", map[string]string{"tag": "machine learning"}},
		{"/digest tag 「云 原生」", "tag", map[string]string{"tag": "云 原生"}},
		{"/digest tag C++'s", "tag", map[string]string{"tag": "C++'s"}},
		{`/digest tag "unclosed`, "tag", map[string]string{"tag": "unclosed"}},
		{`/digest move "a b" c`, "move", map[string]string{"from": "a b", "to": "c"}},
		{"/digest move a", "move", map[string]string{"from": "a"}},
		{"/digest find a page=2", "find", map[string]string{"words": "a", "page": "2"}},
		{"/digest find x=1 “b c” share=here page=3", "find", map[string]string{"words": "x=1 “b c”", "page": "3", "share": "here"}},
		{"/digest find page=2 x", "find", map[string]string{"words": "page=2 x"}},
		{"/digest find \"page=2\"", "find", map[string]string{"words": "page=2"}},
		{"/digest find =x", "find", map[string]string{"words": "=x"}},
		{"搜索 漏洞", "find", map[string]string{"words": "漏洞"}},
		{`/digest set m schedule="weekdays 8:30" STYLE=compact`, "set", map[string]string{"name": "m", "schedule": "weekdays 8:30", "style": "compact"}},
		{`/digest set 样式=“全 文”　schedule=`, "set", map[string]string{"style": "全 文", "schedule": ""}},
		{`/digest set style=a style=b`, "set", map[string]string{"style": "b"}},
		{"/digest set m schedule=weekdays  8:30 样式=a “b c” d page=2", "set", map[string]string{"name": "m", "schedule": "weekdays 8:30", "style": "a b c d", "page": "2"}},
		{"/digest make weekdays  8:30 style=a b", "make", map[string]string{"name": "weekdays  8:30", "style": "a b"}},
		{"/digest", "", map[string]string{}},
		{"   ", "", map[string]string{}},
		{"/digest tag @everyone <!channel>", "tag", map[string]string{"tag": "@everyone <!channel>"}},
	} {
		call, err := tree.Parse(c.line)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.line, err)
			continue
		}
		if call.Verb != c.verb || !reflect.DeepEqual(call.Args, c.args) {
			t.Errorf("Parse(%q) = %q %v, want %q %v", c.line, call.Verb, call.Args, c.verb, c.args)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for line, want := range map[string]ParseError{
		"/digest tagg AI":          {Verb: "tagg", Unknown: true},
		"/digest tag":              {Verb: "tag", Missing: "tag"},
		"/digest tags now pls":     {Verb: "tags", Extra: "now pls"},
		"/digest move a b c":       {Verb: "move", Extra: "c"},
		`/digest ""`:               {Unknown: true},
		`/digest set style="a" b`:  {Verb: "set", Extra: "b"},
		"/digest set m n page=2 x": {Verb: "set", Extra: "n page=2 x"},
	} {
		call, err := tree.Parse(line)
		e, ok := errors.AsType[*ParseError](err)
		if !ok || *e != want {
			t.Errorf("Parse(%q) error %#v, want %#v", line, err, want)
		}
		if !want.Unknown && call.Command.Name != want.Verb {
			t.Errorf("Parse(%q) says that %q was meant, want %q", line, call.Command.Name, want.Verb)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/digest tag “AI”")
	f.Add(`/digest move "a" 「`)
	f.Fuzz(func(t *testing.T, line string) {
		call, err := tree.Parse(line)
		if err != nil {
			if _, ok := errors.AsType[*ParseError](err); !ok {
				t.Errorf("error %v, want a *ParseError", err)
			}
			return
		}
		if call.Args == nil {
			t.Error("no arguments map")
		}
	})
}

func TestTyping(t *testing.T) {
	for _, c := range []struct{ line, verb, arg, before, typed string }{
		{"", "", "", "", ""},
		{"/dig", "", "", "", ""},
		{"/digest", "", "", "", ""},
		{"/digest ", "", "", "/digest ", ""},
		{"/digest ta", "", "", "/digest ", "ta"},
		{"ta", "", "", "", "ta"},
		{"/digest TAG ", "tag", "tag", "/digest TAG ", ""},
		{"/digest tag A", "tag", "tag", "/digest tag ", "A"},
		{`/digest tag "cloud n`, "tag", "tag", "/digest tag ", "cloud n"},
		{`/digest tag "cloud n"`, "tag", "tag", "/digest tag ", "cloud n"},
		{"/digest　tag　AI 云 ", "tag", "tag", "/digest　tag　", "AI 云 "},
		{"/digest find a pa", "find", "words", "/digest find ", "a pa"},
		{"/digest 搜索 漏", "find", "words", "/digest 搜索 ", "漏"},
		{"/digest move a ", "move", "to", "/digest move a ", ""},
		{"/digest set m", "set", "name", "/digest set ", "m"},
		{"/digest set m sch", "set", "", "/digest set m ", "sch"},
		{"/digest set m style=co", "set", "style", "/digest set m style=", "co"},
		{`/digest set 样式=x schedule="weekdays 8`, "set", "schedule", "/digest set 样式=x schedule=", "weekdays 8"},
		{"/digest set style=x ", "set", "name", "/digest set style=x ", ""},
		{"/digest set m schedule=weekdays 8", "set", "schedule", "/digest set m schedule=", "weekdays 8"},
		{"/digest set m schedule=mon 8:30 18", "set", "schedule", "/digest set m schedule=", "mon 8:30 18"},
		{"/digest set m schedule=mon 8:30 st", "set", "", "/digest set m schedule=mon 8:30 ", "st"},
		{"/digest set m schedule=mon 8:30 ", "set", "", "/digest set m schedule=mon 8:30 ", ""},
		{`/digest set m schedule="mon 8:30" 9`, "set", "", `/digest set m schedule="mon 8:30" `, "9"},
		{"/digest make weekdays 8", "make", "name", "/digest make ", "weekdays 8"},
		{"/digest make weekdays 8:30 ", "make", "", "/digest make weekdays 8:30 ", ""},
		{"/digest make weekdays 8:30 style=a b", "make", "style", "/digest make weekdays 8:30 style=", "a b"},
	} {
		got, ok := tree.Typing(c.line)
		var arg string
		if got.Arg != nil {
			arg = got.Arg.Name
		}
		if !ok || got.Verb != c.verb || arg != c.arg || got.Before != c.before || got.Typed != c.typed {
			t.Errorf("Typing(%q) = %q %q %q %q %v, want %q %q %q %q", c.line, got.Verb, arg, got.Before, got.Typed, ok, c.verb, c.arg, c.before, c.typed)
		}
	}
	for _, line := range []string{"/digest x ", "/digest tags x", "/digest move a b c", "/digest move a b "} {
		if got, ok := tree.Typing(line); ok {
			t.Errorf("Typing(%q) = %+v, want nothing", line, got)
		}
	}
}

func FuzzTyping(f *testing.F) {
	f.Add("/digest set m style=\"")
	f.Add("set 0 0 se\x800 ")
	f.Add("/digest set m schedule=mon, wed “8:30” st")
	f.Add("/digest tag 「")
	f.Fuzz(func(t *testing.T, line string) {
		// Invalid UTF-8 is read as the replacement character.
		if got, ok := tree.Typing(line); ok && !strings.HasPrefix(strings.ToValidUTF8(line, "\uFFFD"), got.Before) {
			t.Errorf("before is %q", got.Before)
		}
	})
}

func TestWords(t *testing.T) {
	got := Words(" AI “云 原生” -x -\"y z\" －「a b」 x-\"y z\" ")
	if want := []string{"AI", "云 原生", "-x", "-y z", "－a b", "x-\"y", "z\""}; !reflect.DeepEqual(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
}

func TestLineIsReadBack(t *testing.T) {
	for _, tag := range []string{"AI", "machine learning", "云 原生", "C#", "「x」", "", "a　b", "don't", "page=2"} {
		line := Line("digest", "tag", tag)
		call, err := tree.Parse(line)
		if err != nil || call.Args["tag"] != tag {
			t.Errorf("Line gives %q, which is read as %q (%v), want %q", line, call.Args["tag"], err, tag)
		}
	}
}

func TestCallSaysWhoReadsTheAnswer(t *testing.T) {
	for line, want := range map[string]struct{ private, turns, bare bool }{
		"/digest find a":                 {private: true},
		"/digest find a page=2":          {private: true, turns: true},
		"/digest find a page=2 share=ok": {},
		"/digest set":                    {bare: true},
		"/digest set m":                  {bare: true},
		"/digest set m style=full":       {},
		"/digest tags":                   {},
	} {
		call, err := tree.Parse(line)
		if err != nil || call.Private() != want.private || call.Turns() != want.turns || call.Bare() != want.bare {
			t.Errorf("%s: private %v, turns %v, bare %v (%v), want %+v", line, call.Private(), call.Turns(), call.Bare(), err, want)
		}
	}
}

func TestFormIsALine(t *testing.T) {
	f := Form{Words: []string{"digest", "set", "m"}, Fields: []Field{{Arg: "schedule"}, {Arg: "style", Value: "full"}}}
	for _, c := range []struct {
		values map[string]string
		want   map[string]string
	}{
		{map[string]string{"schedule": "weekdays 8:30", "style": "compact"}, map[string]string{"name": "m", "schedule": "weekdays 8:30", "style": "compact"}},
		{map[string]string{"style": ""}, map[string]string{"name": "m", "style": ""}},
		{map[string]string{"schedule": "\" style=x", "style": "「"}, map[string]string{"name": "m", "schedule": "' style=x", "style": "「"}},
	} {
		line := f.Line(c.values)
		call, err := tree.Parse(line)
		if err != nil || !reflect.DeepEqual(call.Args, c.want) {
			t.Errorf("%s is read as %v (%v), want %v", line, call.Args, err, c.want)
		}
	}
}

func TestParseChannel(t *testing.T) {
	c, err := ParseChannel(" web:general ")
	if err != nil || c != (Channel{Adapter: "web", ID: "general"}) || c.String() != "web:general" {
		t.Errorf("ParseChannel = %v, %v", c, err)
	}
	for _, s := range []string{"", "general", ":general", "web:", "web:a b"} {
		if _, err := ParseChannel(s); err == nil {
			t.Errorf("ParseChannel(%q): no error", s)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s := NewSecret("xoxb-planted")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s, "in", struct{ T Secret }{s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", s)
	encoded, err := json.Marshal(map[string]any{"t": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(encoded) + fmt.Sprintf("%v %+v %#v %s %q %d %x %v %+v", s, s, s, s, s, s, s, &s, struct{ T Secret }{s}) + fmt.Errorf("e: %w, %v", errors.New("x"), s).Error()
	if strings.Contains(all, "planted") || strings.Contains(all, fmt.Sprintf("%x", "planted")) {
		t.Errorf("the secret is in %s", all)
	}
	if s.Reveal() != "xoxb-planted" || s.Empty() || !(Secret{}).Empty() {
		t.Error("the secret is lost")
	}
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "token"), filepath.Join(dir, "empty")
	if err := errors.Join(os.WriteFile(file, []byte(" from-file\n"), 0o600), os.WriteFile(empty, []byte("\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	env := Env{Getenv: func(name string) string { return map[string]string{"SET": "from-env "}[name] }}
	for _, c := range []struct{ variable, file, want string }{
		{"SET", file, "from-env"}, {"UNSET", file, "from-file"}, {"", file, "from-file"}, {"UNSET", "", ""},
	} {
		got, err := env.Token(c.variable, "key", c.file)
		if err != nil || got.Reveal() != c.want {
			t.Errorf("Token(%q, %q) = %q, %v, want %q", c.variable, c.file, got.Reveal(), err, c.want)
		}
	}
	env.Folder = dir
	for _, name := range []string{"token", file} {
		if got, err := env.Token("", "key", name); err != nil || got.Reveal() != "from-file" {
			t.Errorf("the file %s of a folder: %q, %v", name, got.Reveal(), err)
		}
	}
	for _, file := range []string{empty, filepath.Join(dir, "absent")} {
		if _, err := env.Token("", "key", file); err == nil {
			t.Errorf("Token of %s: no error", filepath.Base(file))
		}
	}
}

// TestTokenThatCannotBeSent: what a header may not contain is refused with its place and
// the remedy, and is not quoted; what editors put around a token is not part of it.
func TestTokenThatCannotBeSent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for _, c := range []struct{ text, token, err string }{
		{"planted-one\r\n", "planted-one", ""},
		{"\ufeffplanted-one\n", "planted-one", ""},
		{"\ufeff planted 密码\n\n", "planted 密码", ""},
		{"planted-one\nplanted-two", "", "the token has more than one line"},
		{"planted-one\rplanted-two", "", "the token has more than one line"},
		{"planted-one\n\n# planted\n", "", "the token has more than one line"},
		{"planted\x1b[0m", "", "the token has a character in it that cannot be sent"},
		{"planted\tone", "", "the token has a character in it that cannot be sent"},
		{"planted\x7f", "", "the token has a character in it that cannot be sent"},
		{"planted\u009bone", "", "the token has a character in it that cannot be sent"},
		{"\xff\xfep\x00l\x00", "", "the token has a character in it that cannot be sent"},
		{"planted\xff", "", "the token has a character in it that cannot be sent"},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := Env{Getenv: func(string) string { return c.text }}
		for from, token := range map[string]func() (Secret, error){
			"TOKEN":                   func() (Secret, error) { return env.Token("TOKEN", "adapters.web.token_file", "") },
			"adapters.web.token_file": func() (Secret, error) { return env.Token("", "adapters.web.token_file", file) },
		} {
			got, err := token()
			if got.Reveal() != c.token || (err == nil) != (c.err == "") ||
				err != nil && (!strings.HasPrefix(err.Error(), from+": "+c.err+": ") || strings.Contains(err.Error(), "planted")) {
				t.Errorf("%s of %q: %q, %v", from, c.text, got.Reveal(), err)
			}
		}
	}
}

func TestOutcomeOfAnUnknownErrorIsInDoubt(t *testing.T) {
	if got := OutcomeOf(errors.New("something")); got != InDoubt {
		t.Errorf("outcome %v, want in doubt", got)
	}
	err := fmt.Errorf("room: %w", &SendError{Outcome: RejectedChannel, Err: errors.New("gone")})
	if got := OutcomeOf(err); got != RejectedChannel || !got.Rejected() || got.String() != "rejected channel" {
		t.Errorf("outcome %v, want rejected channel", got)
	}
	for o, rejected := range map[Outcome]bool{InDoubt: false, Retryable: false, RejectedPayload: true, RejectedAccount: true} {
		if o.Rejected() != rejected {
			t.Errorf("%v: rejected is %v", o, o.Rejected())
		}
	}
}
