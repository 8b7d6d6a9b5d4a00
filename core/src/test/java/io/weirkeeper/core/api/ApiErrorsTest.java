package io.weirkeeper.core.api;

import static io.weirkeeper.core.api.Samples.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.weirkeeper.core.pipeline.ResourcesDesiredStatus;
import io.weirkeeper.core.pipeline.ResourcesStatus;
import io.weirkeeper.core.pipeline.StorageStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApiErrorsTest {
  @Test
  void errorBodiesHaveTheShapeOfTheContract() {
    assertThat(Contract.problems("ErrorResponse", ApiErrors.emptyName().body())).isEmpty();
    assertThat(ApiErrors.emptyName().body().get("details").isNull()).isTrue();
  }

  @Test
  void fieldsThatNeedClearedStorageAreListedInBackTicks() {
    assertThat(
            ApiErrors.editRestrictedToClearedStorage(List.of("runtime_config.workers", "name"))
                .details())
        .isEqualTo(json("{'not_allowed':['`runtime_config.workers`','`name`']}"));
  }

  @Test
  void aRefusedTimezoneEditNamesTheFieldInItsMessage() {
    assertThat(
            ApiErrors.editRestrictedToClearedStorage(
                    List.of("runtime_config.clock_timezone_offset"))
                .message())
        .contains("clock_timezone_offset");
  }

  @Test
  void detailsHoldTheFieldsOfTheSpec() {
    assertThat(
            ApiErrors.storageStatusImmutableUnlessStopped(
                    ResourcesStatus.STOPPED,
                    ResourcesDesiredStatus.PROVISIONED,
                    StorageStatus.IN_USE,
                    StorageStatus.CLEARING)
                .details())
        .isEqualTo(
            json(
                "{'resources_status':'Stopped','resources_desired_status':'Provisioned',"
                    + "'current_status':'InUse','new_status':'Clearing'}"));
    assertThat(
            ApiErrors.illegalPipelineAction(
                    ResourcesStatus.STOPPING,
                    ResourcesDesiredStatus.STOPPED,
                    ResourcesDesiredStatus.PROVISIONED,
                    "wait")
                .details())
        .isEqualTo(
            json(
                "{'status':'Stopping','current_desired_status':'Stopped',"
                    + "'new_desired_status':'Provisioned','hint':'wait'}"));
  }

  @Test
  void messagesOfInteractionErrorsEndWithThePipeline() {
    assertThat(
            ApiErrors.pipelineInteractionNotDeployed(
                    "p", ResourcesStatus.STOPPED, ResourcesDesiredStatus.STOPPED)
                .message())
        .endsWith(" pipeline-id=N/A pipeline-name=\"p\"");
    assertThat(ApiErrors.pipelineInteractionUnreachable("p", "GET /stats", "refused").message())
        .endsWith(" pipeline-id=N/A pipeline-name=\"p\"");
  }
}
