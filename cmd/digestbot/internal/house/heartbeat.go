package house

import (
	"fmt"
	"net/http"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

// heartbeatVariable holds the URL of the heartbeat, unless heartbeat.url_file names a file.
const heartbeatVariable = "DIGESTBOT_HEARTBEAT_URL"

// heartbeat returns the configured heartbeat; nil without one.
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
