package wire

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// Download is a file that a browser keeps.
type Download struct {
	ContentType string `header:"Content-Type" doc:"Media type"`
	Disposition string `header:"Content-Disposition" doc:"Always a download"`
	Body        []byte
}

// NewDownload offers content as a file of this name.
func NewDownload(mediaType, name string, content []byte) *Download {
	return &Download{ContentType: mediaType, Disposition: `attachment; filename="` + name + `"`, Body: content}
}

// FileOf describes the answer of an operation that hands out a file.
func FileOf(mediaType string) map[string]*huma.Response {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	return map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{mediaType: {Schema: binary}}}}
}

// ToEverybody lets pages of other origins ask: verifiers run in browsers, too.
func ToEverybody(ctx huma.Context, next func(huma.Context)) {
	ctx.SetHeader("Access-Control-Allow-Origin", "*")
	ctx.SetHeader("Cross-Origin-Resource-Policy", "cross-origin")
	next(ctx)
}

// PublicFile is what anybody may fetch and keep for a while.
type PublicFile struct {
	ContentType  string `header:"Content-Type" doc:"Media type"`
	CacheControl string `header:"Cache-Control" doc:"How long it may be kept"`
	Body         []byte
}

// NewPublicFile writes v as JSON, to be kept for some seconds.
func NewPublicFile(mediaType, keep string, v any) (*PublicFile, error) {
	b, err := json.Marshal(v)
	return &PublicFile{mediaType, "public, max-age=" + keep, b}, err
}
