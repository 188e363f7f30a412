package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Database describes the database that several replicas share.
type Database struct {
	Place string // host, port and name
	// Err is why the database cannot be used as it is. None says that the only reason is
	// that no replica has created the ledger, and Older that it needs a migration.
	Err         error
	None, Older bool
	// Ahead is how far this machine's clock is ahead of the database's, and Apart the
	// allowed difference.
	Ahead, Apart time.Duration
	// Pooled says that each transaction may get a different connection, as from PgBouncer.
	Pooled bool
	// Leases maps each lease to the replica that holds it.
	Leases map[string]string
}

// Findings returns the findings about the database.
func (d Database) Findings() []chat.Finding {
	const subject = "database"
	switch {
	case d.None:
		return []chat.Finding{unseen(subject, "there is no ledger in %s yet: digestbot serve creates it", d.Place)}
	case d.Older:
		return []chat.Finding{risky(subject, "make a backup, then run digestbot migrate or start digestbot serve", "%v", d.Err)}
	case d.Err != nil:
		return []chat.Finding{failed(subject, "check that the server runs, that [state] has its address, and that its user may create a schema", "%v", d.Err)}
	}
	found := []chat.Finding{fine(subject, "%s can be read and written, and has the newest format", d.Place)}
	if d.Ahead.Abs() > d.Apart {
		found = append(found, failed("clock", "set the clock of this machine or of the database, for example by NTP", "the clock of this machine and that of the database are %v apart: a replica here plans and posts nothing", d.Ahead.Abs().Round(time.Second)))
	} else {
		found = append(found, fine("clock", "that of this machine and that of the database agree within %v", d.Apart))
	}
	if d.Pooled {
		found = append(found, fine("pooler", "PgBouncer or a similar pooler is in front of the database: notifications do not arrive, so deliveries are found by polling, within half a second; a direct address avoids that"))
	}
	return append(found, d.replicas())
}

// replicas returns which replicas there are and what each does.
func (d Database) replicas() chat.Finding {
	does := map[string][]string{}
	for _, lease := range slices.Sorted(maps.Keys(d.Leases)) {
		who := d.Leases[lease]
		does[who] = append(does[who], "") // it is present, whatever it does
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

// work describes what the holder of a lease does; empty for a lease that only says that a
// replica is present.
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
