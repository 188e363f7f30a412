package house

import (
	"fmt"
	"net/http"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

// heartbeatVariable is where the address of the heartbeat is, unless heartbeat.url_file
// has it.
const heartbeatVariable = "DIGESTBOT_HEARTBEAT_URL"

// heartbeat is what is sent while all is well; nil if nobody wants it.
func heartbeat(conf *config.Config, c *health.Checker, o Outside) (*health.Heartbeat, error) {
	const key = "heartbeat.url_file"
	address, err := chat.Env{Getenv: o.Getenv, Folder: conf.Folder}.Token(heartbeatVariable, key, conf.Heartbeat.URLFile)
	if err != nil || address.Empty() {
		return nil, conf.Explain(err)
	}
	if err := health.ParseURL(address); err != nil {
		from := key
		if o.Getenv(heartbeatVariable) != "" {
			from = heartbeatVariable
		}
		return nil, conf.Explain(fmt.Errorf("%s: %w", from, err))
	}
	return &health.Heartbeat{URL: address, Every: conf.Heartbeat.Every, Unwell: c.Unwell, Client: http.DefaultClient, Log: o.Log}, nil
}
