package discordfake

import (
	"slices"
	"strings"
	"testing"
)

func TestThreads(t *testing.T) {
	b := newBot(t)
	b.AddChannel(Channel{ID: "300000000000000001", Guild: "100000000000000001", Type: Forum, RequireTag: true, Tags: []Tag{{ID: "1", Name: "ai"}, {ID: "2", Name: "mods", Moderated: true}}})
	b.AddChannel(Channel{ID: "300000000000000002", Guild: "100000000000000001", Type: Announcement})
	const forum, news = "/channels/300000000000000001", "/channels/300000000000000002"
	id := b.post(here, `{"content":"a"}`).fields["id"].(string)
	under := "/channels/" + here + "/messages/" + id + "/threads"

	b.want(b.call("POST", under, `{"name":""}`), 400, 50035)
	b.want(b.call("POST", under, `{"name":"n","auto_archive_duration":5}`), 400, 50035)
	b.want(b.call("POST", under, `{"name":"`+strings.Repeat("n", 101)+`"}`), 400, 50035)
	if a := b.call("POST", under, `{"name":"n","auto_archive_duration":4320}`); a.status != 201 || a.fields["id"] != id {
		t.Errorf("got %s, want a thread with the id of its message", a.body)
	}
	b.want(b.call("POST", under, `{"name":"n"}`), 400, 160004)
	b.want(b.call("POST", "/channels/"+here+"/messages/1/threads", `{"name":"n"}`), 404, 10008)
	if a := b.post(id, `{"content":"b"}`); a.status != 200 {
		t.Errorf("a post in the thread got %s", a.body)
	}

	b.want(b.post("300000000000000001", `{"content":"a"}`), 400, 50024)
	b.want(b.call("POST", forum+"/threads", `{"name":"n","message":{"content":"a"}}`), 400, 40067)
	b.want(b.call("POST", forum+"/threads", `{"name":"n","applied_tags":["2"],"message":{"content":"a"}}`), 400, 50035)
	b.want(b.call("POST", forum+"/threads", `{"name":"n","applied_tags":["1"],"message":{"content":""}}`), 400, 50006)
	b.want(b.call("POST", "/channels/"+here+"/threads", `{"name":"n","message":{"content":"a"}}`), 400, 50024)
	post := b.call("POST", forum+"/threads", `{"name":"n","applied_tags":["1"],"message":{"content":"a"}}`)
	thread, _ := post.fields["id"].(string)
	if starter, _ := post.fields["message"].(map[string]any); post.status != 201 || starter["id"] != thread {
		t.Fatalf("got %s, want a thread with a message of the same id", post.body)
	}
	if a := b.call("GET", "/guilds/100000000000000001/threads/active", ""); !strings.Contains(a.body, thread) || !strings.Contains(a.body, id) {
		t.Errorf("active threads are %s", a.body)
	}
	b.Archive(thread)
	if a := b.call("GET", "/guilds/100000000000000001/threads/active", ""); strings.Contains(a.body, thread) {
		t.Errorf("after archiving, active threads are %s", a.body)
	}
	if a := b.call("GET", forum+"/threads/archived/public?limit=2", ""); !strings.Contains(a.body, thread) {
		t.Errorf("archived threads are %s", a.body)
	}

	announced := b.post("300000000000000002", `{"content":"a"}`).fields["id"].(string)
	if a := b.call("POST", news+"/messages/"+announced+"/crosspost", ""); a.status != 200 {
		t.Errorf("crosspost got %s", a.body)
	}
	b.want(b.call("POST", news+"/messages/"+announced+"/crosspost", ""), 400, 40033)
	b.want(b.call("POST", "/channels/"+here+"/messages/"+id+"/crosspost", ""), 400, 50024)
}

func TestPings(t *testing.T) {
	const text = `"content":"@everyone @here <@1> <@!2> <@&3> <@&4>"`
	for _, test := range []struct {
		allowed string
		want    []string
	}{
		{``, []string{"@everyone", "@here", "1", "2", "3", "4"}},
		{`,"allowed_mentions":{"parse":[]}`, nil},
		{`,"allowed_mentions":{"parse":[],"roles":["3","5"]}`, []string{"3"}},
		{`,"allowed_mentions":{"parse":["users"]}`, []string{"1", "2"}},
	} {
		b := newBot(t)
		id, _ := b.post(here, `{`+text+test.allowed+`}`).fields["id"].(string)
		if got := b.Pings(here); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v were notified, want %v", test.allowed, got, test.want)
		}
		b.call("PATCH", "/channels/"+here+"/messages/"+id, `{"embeds":[]`+test.allowed+`}`)
		if got := b.Pings(here); !slices.Equal(got, append(slices.Clone(test.want), test.want...)) {
			t.Errorf("%s: with an edit %v were notified", test.allowed, got)
		}
	}
	b := newBot(t)
	b.want(b.post(here, `{"content":"a","allowed_mentions":{"parse":["roles"],"roles":["3"]}}`), 400, 50035)
}

// TestEdit checks that fields an edit omits stay as they are.
func TestEdit(t *testing.T) {
	b := newBot(t)
	id := b.post(here, `{"content":"a","embeds":[{"description":"b"}]}`).fields["id"].(string)
	path := "/channels/" + here + "/messages/" + id
	if a := b.call("PATCH", path, `{"content":"c"}`); a.fields["content"] != "c" || !strings.Contains(a.body, `"description":"b"`) {
		t.Errorf("got %s", a.body)
	}
	if a := b.call("PATCH", path, `{"embeds":[]}`); a.fields["content"] != "c" || strings.Contains(a.body, `"description"`) {
		t.Errorf("got %s", a.body)
	}
	b.want(b.call("PATCH", path, `{"content":""}`), 400, 50006)
}
