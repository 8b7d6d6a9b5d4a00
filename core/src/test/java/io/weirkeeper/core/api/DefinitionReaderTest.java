package io.weirkeeper.core.api;

import static io.weirkeeper.core.api.Samples.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.weirkeeper.core.pipeline.Definition;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DefinitionReaderTest {
  private final DefinitionReader reader = new DefinitionReader();

  @Test
  void whatIsNotGivenGetsItsDefault() {
    Definition definition = definition("{'name':'p','program_code':''}");
    assertThat(definition)
        .isEqualTo(
            new Definition(
                "p",
                "",
                java.util.List.of(),
                RuntimeConfig.defaults(),
                "",
                "",
                "",
                ProgramConfig.defaults()));
  }

  @Test
  void nullMeansTheDefaultWhereTheSpecSaysSo() {
    assertThat(
            definition(
                "{'name':'p','program_code':'','runtime_config':null,'program_config':null,"
                    + "'udf_rust':null,'udf_toml':null,'unknown':1}"))
        .isEqualTo(definition("{'name':'p','program_code':''}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[]",
        "5",
        "{'name':'p','program_code':''} x",
        "{'program_code':''}",
        "{'name':'p'}",
        "{'name':null,'program_code':''}",
        "{'name':5,'program_code':''}",
        "{'name':'p','program_code':null}",
        "{'name':'p','program_code':'','description':null}",
        "{'name':'p','program_code':'','tags':null}",
        "{'name':'p','program_code':'','tags':[null]}",
        "{'name':'p','program_code':'','udf_rust':1}",
        "{'name':'p','program_code':'','runtime_config':{'dev_tweaks':{'a':1e999}}}",
        "{'name':'p','program_code':'\\ud800'}"
      })
  void aBodyOfTheWrongShapeIsAFrameworkError(String body) {
    assertThatThrownBy(() -> definition(body))
        .isInstanceOf(RequestBodyException.class)
        .hasMessageStartingWith("Json deserialize error: ");
  }

  @Test
  void deepNestingIsRefusedAndNotAFault() {
    String deep = "[".repeat(100_000);
    assertThatThrownBy(() -> definition("{'name':'p','program_code':'','x':" + deep))
        .isInstanceOf(RequestBodyException.class);
  }

  @Test
  void bytesThatAreNotUtf8AreAFrameworkError() {
    byte[] body = "{\"name\":\"p\",\"program_code\":\"?\"}".getBytes(StandardCharsets.UTF_8);
    body[body.length - 3] = (byte) 0xff;
    assertThatThrownBy(() -> reader.readDefinition(body)).isInstanceOf(RequestBodyException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "program_code | {'name':'p','program_code':'a\\u0000'}| 1",
        "tags[1] | {'name':'p','program_code':'','tags':['a','\\u0000']} | 0",
        "runtime_config.env.A | {'name':'p','program_code':'','runtime_config':"
            + "{'env':{'A':'xy\\u0000'}}} | 2",
        "runtime_config.env (field name) | {'name':'p','program_code':'','runtime_config':"
            + "{'env':{'A\\u0000':''}}} | 1"
      })
  void aNulCharacterIsRefusedWithItsPlace(String field, String body, int position) {
    ApiError error = refused(body.replace("\\\\", "\\"));
    assertThat(error.status()).isEqualTo(400);
    assertThat(error.code()).isEqualTo("NulCharacter");
    assertThat(error.details().get("field").textValue()).isEqualTo(field);
    assertThat(error.details().get("position").intValue()).isEqualTo(position);
  }

  @ParameterizedTest
  @CsvSource({
    "'',EmptyName",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,TooLongName",
    "a b,NameDoesNotMatchPattern",
    "-a,NameDoesNotMatchPattern",
    "a-,NameDoesNotMatchPattern",
    "_,NameDoesNotMatchPattern",
    "é,NameDoesNotMatchPattern"
  })
  void badNamesAreRefused(String name, String code) {
    assertThat(refused("{'name':'" + name + "','program_code':''}").code()).isEqualTo(code);
  }

  @Test
  void aNameWithALineEndIsRefused() {
    assertThat(refused("{'name':'a\\n','program_code':''}").code())
        .isEqualTo("NameDoesNotMatchPattern");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "A9", "a-b_c", "0"})
  void goodNamesAreTaken(String name) {
    assertThat(definition("{'name':'" + name + "','program_code':''}").name()).isEqualTo(name);
  }

  @Test
  void lengthsOfNamesCountInBytes() {
    ApiError error = refused("{'name':'" + "é".repeat(32) + "','program_code':''}");
    assertThat(error.code()).isEqualTo("TooLongName");
    assertThat(error.details().get("length").intValue()).isEqualTo(64);
  }

  @Test
  void nameIsCheckedBeforeConfigAndConfigBeforeMetadata() {
    String tags = "'tags':['?']";
    String config = "'runtime_config':{'workers':-1}";
    assertThat(refused("{'name':'','program_code':''," + config + "," + tags + "}").code())
        .isEqualTo("EmptyName");
    assertThat(refused("{'name':'p','program_code':''," + config + "," + tags + "}").code())
        .isEqualTo("InvalidRuntimeConfig");
    assertThat(refused("{'name':'p','program_code':''," + tags + "}").code())
        .isEqualTo("InvalidTag");
  }

  @Test
  void tagsHaveLimits() {
    String many = "'x',".repeat(50) + "'x'";
    assertThat(refused("{'name':'p','program_code':'','tags':[" + many + "]}"))
        .satisfies(
            error -> {
              assertThat(error.code()).isEqualTo("TooManyTags");
              assertThat(error.details()).isEqualTo(json("{'count':51,'maximum':50}"));
            });
    assertThat(refused("{'name':'p','program_code':'','tags':['']}").code())
        .isEqualTo("InvalidTag");
    String long51 = "a".repeat(51);
    assertThat(refused("{'name':'p','program_code':'','tags':['" + long51 + "']}").code())
        .isEqualTo("InvalidTag");
    assertThat(definition("{'name':'p','program_code':'','tags':['a ._/|\\\\:=-9']}").tags())
        .containsExactly("a ._/|\\:=-9");
  }

  @Test
  void aLongDescriptionIsRefusedAndCountsInCharacters() {
    String fine = "😀".repeat(300);
    assertThat(definition("{'name':'p','program_code':'','description':'" + fine + "'}"))
        .isNotNull();
    assertThat(refused("{'name':'p','program_code':'','description':'" + fine + "x'}").details())
        .isEqualTo(json("{'length':301,'maximum':300}"));
  }

  @Test
  void aPatchKeepsApartWhatIsAbsentAndWhatIsEmpty() {
    PipelinePatch patch = patch("{'tags':[],'name':null}");
    assertThat(patch.tags()).isEmpty();
    assertThat(patch.name()).isNull();
    assertThat(patch.description()).isNull();
    assertThat(patch("{}").tags()).isNull();
    assertThat(patch("{'tags':null}").tags()).isNull();
  }

  @Test
  void aPatchedConfigReplacesTheWholeAndGetsDefaults() {
    assertThat(patch("{'runtime_config':{'workers':2}}").runtimeConfig())
        .isEqualTo(RuntimeConfig.defaults().put("workers", 2));
    assertThat(patch("{'program_config':{}}").programConfig()).isEqualTo(ProgramConfig.defaults());
  }

  @Test
  void aPatchLeavesTheLengthOfTheDescriptionToTheOwner() {
    assertThat(patch("{'description':'" + "x".repeat(301) + "'}").description()).hasSize(301);
  }

  private Definition definition(String body) {
    return reader.readDefinition(bytes(body));
  }

  private PipelinePatch patch(String body) {
    return reader.readPatch(bytes(body));
  }

  private ApiError refused(String body) {
    return catchThrowableOfType(ApiException.class, () -> definition(body)).error();
  }

  private static byte[] bytes(String body) {
    return body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
