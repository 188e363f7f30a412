package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Database is what was seen of the database that several replicas share.
type Database struct {
	Place string // host, port and name
	// Err is why it cannot be used as it is; None and Older are those that only say that no
	// replica has made the ledger, or brought it to the newest format.
	Err         error
	None, Older bool
	// Ahead is by how much the clock of this machine is ahead of that of the database, and
	// Apart how much a replica may be.
	Ahead, Apart time.Duration
	// Pooled says that each transaction may get another connection, as from PgBouncer.
	Pooled bool
	// Leases say which replica does what.
	Leases map[string]string
}

// Findings are what is to be said of it.
func (d Database) Findings() []chat.Finding {
	const subject = "database"
	switch {
	case d.None:
		return []chat.Finding{unseen(subject, "there is no ledger in %s yet: digestbot serve makes it", d.Place)}
	case d.Older:
		return []chat.Finding{risky(subject, "run digestbot migrate, or start digestbot serve; make a backup before", "%v", d.Err)}
	case d.Err != nil:
		return []chat.Finding{failed(subject, "see that the server runs, that [state] has its address, and that its user may make a schema", "%v", d.Err)}
	}
	found := []chat.Finding{fine(subject, "%s can be read and written, and has the newest format", d.Place)}
	if d.Ahead.Abs() > d.Apart {
		found = append(found, failed("clock", "set the clock of this machine or of the database, for example by NTP", "the clock of this machine and that of the database are %v apart: a replica here plans and posts nothing", d.Ahead.Abs().Round(time.Second)))
	} else {
		found = append(found, fine("clock", "that of this machine and that of the database agree within %v", d.Apart))
	}
	if d.Pooled {
		found = append(found, fine("pooler", "PgBouncer or the like stands before the database: notifications do not arrive, so what is due is found by looking, within half a second; an address without it saves that"))
	}
	return append(found, d.replicas())
}

// replicas says which replicas there are and what each does.
func (d Database) replicas() chat.Finding {
	does := map[string][]string{}
	for _, lease := range slices.Sorted(maps.Keys(d.Leases)) {
		who := d.Leases[lease]
		does[who] = append(does[who], "") // it is there, whatever it does
		if work := d.work(lease); work != "" {
			does[who] = append(does[who], work)
		}
	}
	if len(does) == 0 {
		return unseen("replicas", "none runs")
	}
	var all []string
	for _, who := range slices.Sorted(maps.Keys(does)) {
		work := strings.Join(slices.DeleteFunc(does[who], func(text string) bool { return text == "" }), ", ")
		if work == "" {
			work = "waits"
		}
		all = append(all, who+" "+work)
	}
	return fine("replicas", "%s", fmt.Sprintf("%d: %s", len(all), strings.Join(all, "; ")))
}

// work is what the holder of a lease does, in words; empty for one that only says that a
// replica is there.
func (Database) work(lease string) string {
	switch kind, adapter, _ := strings.Cut(lease, ":"); kind {
	case "plan":
		return "plans"
	case "post":
		return "posts on " + adapter
	case "hear":
		return "listens on " + adapter
	}
	return ""
}
