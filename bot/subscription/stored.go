package subscription

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/ledger"
)

// SpecOf returns the spec of a stored subscription.
func SpecOf(x ledger.Stored) (spec Spec, err error) {
	if err := json.Unmarshal([]byte(x.Settings), &spec); err != nil {
		return spec, fmt.Errorf("subscription %s: its settings cannot be read: %w", x.Name, err)
	}
	return spec, nil
}

// StoredName returns the name under which a subscription made in chat is stored: its own
// name, which is unique within its home, and the name of the home. The ledger keeps its
// slots under this name.
func StoredName(name, adapter, home string) string {
	return name + "@" + strings.TrimSuffix(adapter+"."+home, ".")
}
