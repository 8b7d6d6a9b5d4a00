package io.weirkeeper.core.api;

import static io.weirkeeper.core.api.Samples.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigNormalisationTest {
  private static final String DEFAULTS =
      "{'workers':8,'max_rss_mb':null,'datafusion_memory_mb':null,'hosts':1,"
          + "'storage':{'backend':{'name':'default'},'min_storage_bytes':null,"
          + "'min_step_storage_bytes':null,'compression':'default','cache_mib':null},"
          + "'fault_tolerance':{'model':'none','checkpoint_interval_secs':60},"
          + "'cpu_profiler':true,'tracing':false,'tracing_endpoint_jaeger':'127.0.0.1:6831',"
          + "'min_batch_size_records':0,'max_buffering_delay_usecs':0,"
          + "'resources':{'cpu_cores_min':null,'cpu_cores_max':null,'memory_mb_min':null,"
          + "'memory_mb_max':null,'storage_mb_max':null,'storage_class':null,"
          + "'service_account_name':null,'namespace':null},"
          + "'clock_resolution_usecs':1000000,'clock_timezone_offset':null,'pin_cpus':[],"
          + "'provisioning_timeout_secs':null,'max_parallel_connector_init':null,"
          + "'init_containers':null,'checkpoint_during_suspend':true,'http_workers':null,"
          + "'io_workers':null,'env':{},'dev_tweaks':{},'logging':null,"
          + "'pipeline_template_configmap':null}";

  @Test
  void theDefaultsAreThoseOfTheSpecInItsOrder() {
    assertThat(RuntimeConfig.defaults().toString()).isEqualTo(json(DEFAULTS).toString());
    assertThat(ProgramConfig.defaults().toString())
        .isEqualTo(
            json("{'profile':null,'cache':true,'runtime_version':null,"
                    + "'use_platform_compiler':false}")
                .toString());
  }

  @Test
  void theDefaultsHaveTheShapeOfTheContract() {
    assertThat(Contract.problems("RuntimeConfig", RuntimeConfig.defaults())).isEmpty();
    assertThat(Contract.problems("ProgramConfig", ProgramConfig.defaults())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'storage':true} | {}",
        "{'storage':{}} | {}",
        "{'fault_tolerance':null} | {}",
        "{'fault_tolerance':{'model':'none'}} | {}",
        "{'unknown':{'a':[1]}} | {}",
        "{'resources':{}} | {}",
        "{'resources':{'cpu_cores_min':2}} | {'resources':{'cpu_cores_min':2.0}}"
      },
      quoteCharacter = '`')
  void inputFormsMeanTheSame(String one, String other) {
    assertThat(normal(one)).isEqualTo(normal(other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'storage':false}", "{'storage':null}"})
  void storageCanBeTurnedOff(String value) {
    assertThat(normal(value).get("storage").isNull()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'fault_tolerance':{}}",
        "{'fault_tolerance':'initial_state'}",
        "{'fault_tolerance':'latest_checkpoint'}",
        "{'fault_tolerance':{'checkpoint_interval_secs':null}}"
      })
  void faultToleranceThatIsOnIsExactlyOnceUnlessAnotherModelIsNamed(String value) {
    assertThat(RuntimeConfig.normalise(json(value)).get("fault_tolerance").get("model").textValue())
        .isEqualTo("exactly_once");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5",
        "[]",
        "{'workers':-1}",
        "{'workers':1.0}",
        "{'workers':null}",
        "{'workers':'8'}",
        "{'workers':70000}",
        "{'max_rss_mb':18446744073709551616}",
        "{'cpu_profiler':null}",
        "{'cpu_profiler':1}",
        "{'storage':1}",
        "{'storage':{'compression':'zip'}}",
        "{'storage':{'backend':{'name':'file'}}}",
        "{'storage':{'backend':{'name':'file','config':{'sync':{}}}}}",
        "{'storage':{'backend':{'name':'object','config':{'url':'s3://a','k':1}}}}",
        "{'fault_tolerance':'on'}",
        "{'fault_tolerance':{'model':'twice'}}",
        "{'resources':null}",
        "{'resources':{'cpu_cores_min':'1'}}",
        "{'clock_timezone_offset':'5'}",
        "{'clock_timezone_offset':'+24:00'}",
        "{'pin_cpus':[-1]}",
        "{'env':{'A':1}}",
        "{'env':null}",
        "{'dev_tweaks':null}",
        "{'dev_tweaks':{'now_http_driven':1}}",
        "{'dev_tweaks':{'now_offset':'yesterday'}}",
        "{'pipeline_template_configmap':{}}"
      })
  void whatCannotBeReadIsRefusedWithTheValue(String value) {
    ApiError error = refused(value);
    assertThat(error.status()).isEqualTo(400);
    assertThat(error.code()).isEqualTo("InvalidRuntimeConfig");
    assertThat(error.details().get("value")).isEqualTo(json(value));
    assertThat(error.details().get("error").get("DeserializationFailed").isTextual()).isTrue();
  }

  @Test
  void aRefusedTimezoneNamesTheField() {
    assertThat(refused("{'clock_timezone_offset':'x'}").message())
        .contains("clock_timezone_offset");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HOSTNAME",
        "RUST_LOG",
        "TOKIO_WORKER_THREADS",
        "FELDERA_X",
        "KUBERNETES_",
        "TOKIO_A"
      })
  void reservedVariablesAreRefusedInTheWordsThatClientsMatch(String name) {
    ApiError error = refused("{'env':{'" + name + "':'1'}}");
    assertThat(error.message()).contains("reserved and cannot be overridden");
    assertThat(error.details().get("error").get("InvalidPipelineEnv").textValue())
        .contains("reserved and cannot be overridden: " + name);
  }

  @Test
  void otherVariablesAreTaken() {
    assertThat(normal("{'env':{'MY_FELDERA_':'1','hostname':''}}").get("env"))
        .isEqualTo(json("{'MY_FELDERA_':'1','hostname':''}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5",
        "{'profile':'fast'}",
        "{'cache':null}",
        "{'cache':1}",
        "{'runtime_version':'1.2.3'}",
        "{'runtime_version':'v1.2'}",
        "{'runtime_version':'ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD'}"
      })
  void badProgramConfigsAreRefused(String value) {
    ApiError error =
        catchThrowableOfType(ApiException.class, () -> ProgramConfig.normalise(json(value)))
            .error();
    assertThat(error.code()).isEqualTo("InvalidProgramConfig");
    assertThat(error.details().get("value")).isEqualTo(json(value));
  }

  @Test
  void goodProgramConfigsAreKept() {
    JsonNode config =
        json(
            "{'profile':'dev','cache':false,'runtime_version':'v1.2.3',"
                + "'use_platform_compiler':true}");
    assertThat(ProgramConfig.normalise(config)).isEqualTo(config);
  }

  @Property(tries = 500)
  void normalisingTwiceIsNormalisingOnceAndValidAgainstTheContract(
      @ForAll("configs") ObjectNode config) throws JsonProcessingException {
    ObjectNode once;
    try {
      once = RuntimeConfig.normalise(config);
    } catch (ApiException e) {
      assertThat(e.error().code()).isEqualTo("InvalidRuntimeConfig");
      return;
    }
    assertThat(RuntimeConfig.normalise(once)).isEqualTo(once);
    JsonNode reread = new ObjectMapper().readTree(once.toString());
    assertThat(reread).isEqualTo(once);
    assertThat(Contract.problems("RuntimeConfig", once)).isEmpty();
    List<String> names = new ArrayList<>();
    once.fieldNames().forEachRemaining(names::add);
    List<String> expected = new ArrayList<>();
    json(DEFAULTS).fieldNames().forEachRemaining(expected::add);
    assertThat(names).isEqualTo(expected);
  }

  @Provide
  Arbitrary<ObjectNode> configs() {
    List<String> fields = new ArrayList<>();
    json(DEFAULTS).fieldNames().forEachRemaining(fields::add);
    fields.add("unknown");
    Arbitrary<JsonNode> values =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(
                6,
                Arbitraries.of(
                    json("3"),
                    json("true"),
                    json("false"),
                    json("null"),
                    json("{}"),
                    json("[1,2]"),
                    json("4294967296"),
                    json("18446744073709551615"),
                    json("'+01:30'"),
                    json("{'model':'at_least_once'}"),
                    json("{'name':'x'}"),
                    json("{'A':'b'}"),
                    json("{'backend':{'name':'file','config':{'sync':{'bucket':'b'}}}}"),
                    json("{'backend':{'name':'object','config':{'url':'u','k':'v'}}}"),
                    json("{'compression':'snappy','cache_mib':7}"),
                    json("{'cpu_cores_min':1,'cpu_cores_max':2.5,'namespace':'n'}"))),
            net.jqwik.api.Tuple.of(
                1, Arbitraries.strings().ofMaxLength(5).map(JsonNodeFactory.instance::textNode)));
    return Arbitraries.maps(Arbitraries.of(fields), values)
        .ofMaxSize(4)
        .map(ConfigNormalisationTest::object);
  }

  private static ObjectNode object(Map<String, JsonNode> fields) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    fields.forEach(object::set);
    return object;
  }

  @Test
  void documentsAreTheSameHoweverTheirNumbersAreWritten() {
    assertThat(SameJson.same(json("{'a':1e2,'b':[1]}"), json("{'b':[1.0],'a':100}"))).isTrue();
    assertThat(SameJson.same(json("{'a':1}"), json("{'a':2}"))).isFalse();
    assertThat(SameJson.same(json("{'a':1}"), json("{'a':1,'b':null}"))).isFalse();
    assertThat(SameJson.same(json("{'a':'1'}"), json("{'a':1}"))).isFalse();
    assertThat(SameJson.same(null, json("null"))).isFalse();
    assertThat(SameJson.same(null, null)).isTrue();
  }

  private static ObjectNode normal(String value) {
    return RuntimeConfig.normalise(json(value));
  }

  private static ApiError refused(String value) {
    return catchThrowableOfType(ApiException.class, () -> RuntimeConfig.normalise(json(value)))
        .error();
  }
}
