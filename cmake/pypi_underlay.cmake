# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

# For a build over ROS 2 wheels from PyPI only; scripts/setup.sh passes this file to CMake with
# -DCMAKE_PROJECT_INCLUDE=, so that CMakeLists.txt stays as it is on a robot.
#
# CMake checks the include folders that targets hand on, and refuses two kinds once all is configured:
# - folders that do not exist: the wheels' imported targets name those of the machine that built them;
# - folders inside the source tree, in targets to be installed: the virtual environment's numpy.
# The first are dropped, the second kept for this build alone.

function(cure_include_folders)
  get_directory_property(imported IMPORTED_TARGETS)
  get_directory_property(own BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS imported own)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT folders)
      continue()
    endif()
    set(cured)
    foreach(folder IN LISTS folders)
      string(FIND "${folder}" "${CMAKE_SOURCE_DIR}/" position)
      if(folder MATCHES "^\\$<")
        list(APPEND cured "${folder}")
      elseif(position EQUAL 0)
        list(APPEND cured "$<BUILD_INTERFACE:${folder}>")
      elseif(IS_DIRECTORY "${folder}")
        list(APPEND cured "${folder}")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${cured}")
  endforeach()
endfunction()

cmake_language(DEFER CALL cure_include_folders)
