"""Who may do what, end to end: the published SDK, a real identity provider, a server that restarts."""

import pytest
from feldera import FelderaClient, PipelineBuilder
from feldera.rest.errors import FelderaAPIError
from identity_provider import IdentityProvider
from weirkeeper_server import Server, eventually

TABLE = "CREATE TABLE t (x INT) WITH ('materialized' = 'true');"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory):
    """An identity provider with two members of one tenant, one of another, and an owner."""
    started = IdentityProvider(
        tmp_path_factory.mktemp("provider"),
        {"ann": {"tenants": ["acme"]}, "bob": {"tenants": ["acme"]}, "eve": {"tenants": ["other"]}, "root": {}},
    )
    try:
        started.start()
        yield started
    finally:
        started.stop()


def options(provider: IdentityProvider) -> list[str]:
    """What makes a server ask who its callers are."""
    return [
        *("--auth-provider", "generic-oidc", "--auth-issuer", provider.issuer),
        *("--auth-client-id", "console", "--owners", "root"),
    ]


def bearer(credential: str, **headers: str) -> dict:
    """Arguments of a request with a credential."""
    return {"headers": {"Authorization": f"Bearer {credential}", **headers}}


def test_the_sdk_works_with_tokens_and_keys_and_sees_only_its_tenant(own_server: Server, provider: IdentityProvider):
    own_server.start(*options(provider))
    assert own_server.request("GET", "/v0/pipelines").status_code == 401
    assert own_server.request("GET", "/config/authentication").json()["GenericOidc"]["issuer"] == provider.issuer

    # A token that is made anew for each request, as the SDK may do.
    ann = FelderaClient(own_server.url, api_key=lambda: provider.token("ann"))
    pipeline = PipelineBuilder(ann, name="p", sql=TABLE).create()
    pipeline.start()
    pipeline.input_json("t", [{"x": 1}])
    assert list(pipeline.query("SELECT * FROM t")) == [{"x": 1}]

    made = own_server.request(
        "POST", "/v0/api_keys", json={"name": "ci", "role": "read"}, **bearer(provider.token("ann"))
    )
    assert made.status_code == 201
    key = made.json()["api_key"]
    reader = FelderaClient(own_server.url, api_key=key)
    assert [each.name for each in reader.pipelines()] == ["p"]
    with pytest.raises(FelderaAPIError) as refused:
        reader.pause_pipeline("p")
    assert (refused.value.status_code, refused.value.error_code) == (403, "InsufficientPermissions")

    # The second login of the tenant joins it with the default role; another tenant sees nothing of it.
    session = own_server.request("GET", "/v0/config/session", **bearer(provider.token("bob"))).json()
    assert (session["tenant_name"], session["role"]) == ("acme", "read")
    eve = provider.token("eve")
    assert own_server.request("GET", "/v0/pipelines", **bearer(eve)).json() == []
    for below in ("", "/stats", "/logs", "/events", "/support_bundle", "/metrics"):
        answer = own_server.request("GET", f"/v0/pipelines/p{below}", **bearer(eve))
        assert (answer.status_code, answer.json()["error_code"]) == (404, "UnknownPipelineName"), below
    foreign = own_server.request("GET", "/v0/pipelines", **bearer(eve, **{"Feldera-Tenant": "acme"}))
    assert (foreign.status_code, foreign.json()["error_code"]) == (403, "NotATenantMember")

    root = bearer(provider.token("root"), **{"Feldera-Tenant": "acme"})
    acme = next(each for each in own_server.request("GET", "/v0/tenants", **root).json() if each["name"] == "acme")
    kept = own_server.request("DELETE", f"/v0/tenants/{acme['id']}", **root)
    assert kept.json()["details"] == {"tenant_id": acme["id"], "pipelines": 1, "api_keys": 1, "oidc_trusts": 0}

    # Keys, members and pipelines are still there after a restart, even while the provider is not.
    provider.stop()
    own_server.interrupt()
    own_server.start(*options(provider))
    assert own_server.request("GET", "/v0/pipelines", **bearer(key)).status_code == 200
    provider.start()
    ann_again = bearer(provider.token("ann"))
    eventually(
        lambda: own_server.request("GET", "/v0/config/session", **ann_again).status_code == 200,
        "the keys of the provider to be fetched",
    )
    assert own_server.request("DELETE", "/v0/api_keys/ci", **ann_again).status_code == 200
    assert own_server.request("GET", "/v0/pipelines", **bearer(key)).status_code == 401


def test_what_was_made_without_a_provider_stays_in_the_default_tenant(own_server: Server, provider: IdentityProvider):
    own_server.start()
    own_server.request("POST", "/v0/pipelines", json={"name": "old", "program_code": TABLE})
    key = own_server.request("POST", "/v0/api_keys", json={"name": "old", "role": "write"}).json()["api_key"]
    own_server.interrupt()
    own_server.start(*options(provider))
    assert [each["name"] for each in own_server.request("GET", "/v0/pipelines", **bearer(key)).json()] == ["old"]
    root = bearer(provider.token("root"), **{"Feldera-Tenant": "default"})
    default = own_server.request("GET", "/v0/tenants/default", **root).json()
    renamed = own_server.request("PATCH", f"/v0/tenants/{default['id']}", json={"name": "team"}, **root)
    assert renamed.json() == {"displaced": None}
    session = own_server.request("GET", "/v0/config/session", **bearer(key)).json()
    assert (session["tenant_name"], session["role"]) == ("team", "write")
