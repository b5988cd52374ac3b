package deploy

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	productionRealm = "deploy/oidc/koko-realm.json"
	demoRealm       = "deploy/oidc/demo/koko-realm.json"
)

// realm is what matters of the identity provider's realm file.
type realm struct {
	Realm   string
	Clients []realmClient
	Users   []struct {
		ID, Username, Email string
		Credentials         []struct{ Value string }
	}
}

type realmClient struct {
	ClientID                  string
	Secret                    string
	StandardFlowEnabled       bool
	DirectAccessGrantsEnabled bool
	ImplicitFlowEnabled       bool
	PublicClient              bool
	FullScopeAllowed          bool
	RedirectURIs              []string
	WebOrigins                []string
	Attributes                map[string]string
	ProtocolMappers           []struct {
		ProtocolMapper string
		Config         map[string]string
	}
}

// audience is whom the client's access tokens are made out to.
func (c realmClient) audience() string {
	for _, m := range c.ProtocolMappers {
		if m.ProtocolMapper == "oidc-audience-mapper" {
			return m.Config["included.custom.audience"]
		}
	}
	return ""
}

func readRealm(t *testing.T, path string) realm {
	t.Helper()
	var r realm
	require.NoError(t, json.Unmarshal([]byte(read(t, path)), &r))
	return r
}

// rest is everything else in the file: how long a login lasts, what a password must be.
func rest(t *testing.T, path string) map[string]any {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(read(t, path)), &r))
	delete(r, "clients")
	delete(r, "users")
	return r
}
