package config

import (
	"net/url"

	"github.com/digestbot/digestbot/bot/chat"
)

// stateTable is the table [state], or the string that is its path.
type stateTable struct {
	Path    string `toml:"path" example:"\"var\""`
	URL     string `toml:"url" example:"\"postgres://digestbot@db.example.org/digestbot\""`
	URLFile string `toml:"url_file" example:"\"/run/secrets/database\""`
}

// Database is the PostgreSQL database in which several replicas keep their state. The zero
// value means one process, which keeps all of it in a folder.
type Database struct {
	URL     string // without a password
	URLFile string // file that holds the URL, which may have a password
}

// Shared reports whether the state is in a database.
func (d Database) Shared() bool { return d != (Database{}) }

// Key returns the key that names the database.
func (d Database) Key() string {
	if d.URLFile != "" {
		return "state.url_file"
	}
	return "state.url"
}

// state reads the state folder and the database, if there is one.
func (k *checker) state(t stateTable, base string) (folder string, d Database) {
	folder = "var"
	if t.Path != "" {
		folder = t.Path
	}
	switch u, err := url.Parse(t.URL); {
	case t.URL == "":
	case t.URLFile != "":
		k.refuse("state.url", "state.url_file names the database, too: leave one of them out")
	case err == nil && u.Scheme != "postgres" && u.Scheme != "postgresql", err == nil && u.Host == "":
		k.refuse("state.url", `it is not the URL of a PostgreSQL database: write for example "postgres://digestbot@db.example.org/digestbot"`)
	case err != nil, chat.Mask(t.URL) != t.URL:
		k.refuse("state.url", "a password does not belong here: put the whole URL into a file, and name that in state.url_file")
	}
	return under(base, folder), Database{URL: t.URL, URLFile: t.URLFile}
}
